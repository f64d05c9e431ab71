// Making and keeping elements. Everything that a vendor or a person wrote goes in as text:
// nothing here, or anywhere on this page, reads a string as HTML.

export const byId = (id) => document.getElementById(id);

// el makes an element. Properties are attributes, except for text and on (listeners); children
// that are null or false are left out.
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name === "on") listen(made, value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
}

function listen(element, listeners) {
  for (const [event, listener] of Object.entries(listeners)) element.addEventListener(event, listener);
}

// setText leaves an element alone that says so already: a screen reader would read it again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const looks = new WeakMap();

// showList makes the children of parent show the items, in order. A child is made anew only
// when what it shows has changed, so that scrolling, focus and open menus outlive a look at
// the simulators. looksLike names everything that build reads.
export function showList(parent, items, keyOf, build, looksLike = (item) => item) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let at = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const was = old.get(key);
    old.delete(key);
    const child = kept(was, key, JSON.stringify(looksLike(item)), () => build(item));
    if (at === was && was) at = was.nextElementSibling;
    if (was && was !== child) was.replaceWith(child);
    if (child.nextElementSibling !== at || child.parentElement !== parent) parent.insertBefore(child, at);
  }
  for (const gone of old.values()) gone.remove();
}

function kept(was, key, look, build) {
  if (was && looks.get(was) === look) return was;
  const made = build();
  made.dataset.key = key;
  looks.set(made, look);
  for (const open of was?.querySelectorAll("details[open][data-keep]") ?? []) {
    made.querySelector(`details[data-keep="${CSS.escape(open.dataset.keep)}"]`)?.setAttribute("open", "");
  }
  return made;
}

// showOne is showList for a part of which there is one.
export function showOne(parent, key, build, looksLike) {
  showList(parent, [key], (k) => k, build, () => looksLike);
}

// keepingFocus runs a change of the page and gives the focus back to what had it. A control
// says who it is by data-focus, such as "page P01 resolve"; where it is gone another one of
// the same thing takes its place, so that a keyboard is not thrown back to the top.
export function keepingFocus(change) {
  const name = document.activeElement?.dataset?.focus;
  change();
  if (!name || document.activeElement?.dataset?.focus === name) return;
  const thing = name.split(" ").slice(0, 2).join(" ") + " ";
  const next = document.querySelector(`[data-focus="${CSS.escape(name)}"]`)
    ?? document.querySelector(`[data-focus^="${CSS.escape(thing)}"]`);
  next?.focus({ preventScroll: true });
}

// option lists make selects; keeps what is chosen.
export function fillSelect(select, options, chosen) {
  const look = JSON.stringify(options);
  if (looks.get(select) !== look) {
    looks.set(select, look);
    select.replaceChildren(...options.map(([value, text]) => el("option", { value, text })));
  }
  if (select.value !== chosen) select.value = chosen;
}

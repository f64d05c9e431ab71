// What people fill in and choose: the elements of Block Kit that hold a value, in forms, messages
// and the home tab. Values are written as the simulator reads them: several with commas between.
import { el } from "./dom.js";
import { allChannels, choices } from "./people.js";

const readers = new WeakMap();

// entryOf names an element among those of its view.
export const entryOf = (e, block) => `${block.block_id}/${e.action_id}`;

// valuesIn are the values of everything that can be filled in below root.
export function valuesIn(root) {
  return Object.fromEntries([...root.querySelectorAll("[data-entry]")].map((made) => [made.dataset.entry, readers.get(made)()]));
}

// control makes an element that holds a value, or null for another one. does.choose is called
// for a choice that Muster hears of at once; does.values has what is in it already.
export function control(e, block, does) {
  const kind = kinds[e.type];
  if (!kind) return null;
  const entry = entryOf(e, block);
  const made = kind(e, does.values?.[entry] ?? does.values?.[block.block_id] ?? "");
  const label = block.label?.text ?? e.placeholder?.text ?? block.text?.text ?? e.action_id;
  made.node.setAttribute("aria-label", label);
  made.node.dataset.entry = entry;
  made.node.dataset.focus = `entry ${entry}`;
  readers.set(made.node, made.read);
  if (does.choose && (block.type !== "input" || block.dispatch_action)) {
    made.node.addEventListener("change", () => does.choose(made.node, e, block, made.read()));
  }
  return made.node;
}

const kinds = {
  plain_text_input: typed("text"), email_text_input: typed("email"), url_text_input: typed("url"), number_input: typed("text"),
  datepicker: typed("date"), timepicker: typed("time"), datetimepicker: moment,
  static_select: (e, value) => select(optionsOf(e), value, e.placeholder?.text ?? "Choose"),
  overflow: (e) => select(optionsOf(e), "", "More …"),
  users_select: (e, value) => select(choices(), value, e.placeholder?.text ?? "Choose a person"),
  conversations_select: (e, value) => select(allChannels(), value, e.placeholder?.text ?? "Choose a channel"),
  channels_select: (e, value) => select(allChannels(), value, e.placeholder?.text ?? "Choose a channel"),
  multi_static_select: (e, value) => several(optionsOf(e), value),
  multi_users_select: (e, value) => several(choices(), value),
  multi_conversations_select: (e, value) => several(allChannels(), value),
  multi_channels_select: (e, value) => several(allChannels(), value),
  checkboxes: (e, value) => boxes("checkbox", e, value.split(",")),
  radio_buttons: (e, value) => boxes("radio", e, [value]),
};

function optionsOf(e) {
  const all = [...(e.options ?? []), ...(e.option_groups ?? []).flatMap((g) => g.options)];
  return all.map((o) => [o.value, o.text.text, o.description?.text]);
}

function typed(type) {
  return (e, value) => {
    const node = e.multiline ? el("textarea", { rows: "4" }) : el("input", { type });
    node.value = value;
    if (e.placeholder) node.placeholder = e.placeholder.text;
    return { node, read: () => node.value };
  };
}

// moment is a time on a day, in Unix seconds; the field shows this browser's zone.
function moment(_, value) {
  const node = el("input", { type: "datetime-local" });
  if (value) {
    const at = new Date(Number(value) * 1000);
    node.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
  }
  return { node, read: () => (node.value ? String(Math.floor(new Date(node.value) / 1000)) : "") };
}

function select(options, value, placeholder) {
  const node = el("select", {}, el("option", { value: "", text: placeholder }),
    options.map(([v, text, more]) => el("option", { value: v, text: more ? `${text} (${more})` : text })));
  node.value = value;
  return { node, read: () => node.value };
}

function several(options, value) {
  const chosen = value.split(",");
  const node = el("select", { multiple: true, size: String(Math.min(6, Math.max(2, options.length))) },
    options.map(([v, text]) => el("option", { value: v, text, selected: chosen.includes(v) })));
  return { node, read: () => [...node.selectedOptions].map((o) => o.value).join(",") };
}

let groups = 0;

function boxes(type, e, chosen) {
  const name = `group-${++groups}`;
  const node = el("div", { class: "boxes", role: type === "radio" ? "radiogroup" : "group" },
    optionsOf(e).map(([value, text, more]) => el("label", {},
      el("input", { type, name, value, checked: chosen.includes(value) }),
      el("span", {}, text.replace(/[*_~`]/g, ""), more && el("small", { text: ` ${more.replace(/[*_~`]/g, "")}` })))));
  return { node, read: () => [...node.querySelectorAll("input:checked")].map((i) => i.value).join(",") };
}

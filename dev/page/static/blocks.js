// Block Kit as elements: the blocks that Muster sends, and something fair for the others.
// does says what happens: press is called with an element of an actions block and its block,
// choose with a control, its element, its block and the value; values and errors are those of a form.
import { control } from "./controls.js";
import { el } from "./dom.js";
import { link } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";

export function showBlocks(blocks, names, does) {
  return blocks.map((block) => (kinds[block.type] ?? unknown)(block, names, does));
}

const kinds = {
  header: (block) => el("p", { class: "block-header", text: block.text?.text ?? "" }),
  divider: () => el("hr"),
  section: showSection,
  context: (block, names) => el("p", { class: "block-context" }, between(block.elements ?? [], (e) => text(e, names))),
  actions: (block, names, does) => el("div", { class: "buttons" }, (block.elements ?? []).map((e) => element(e, block, does))),
  input: showInput,
  image: (block) => el("p", { class: "hint", text: `Image: ${block.alt_text || block.image_url}` }),
};

function unknown(block) {
  return el("p", { class: "hint", text: `(a block of type ${block.type}, which this page does not show)` });
}

function showSection(block, names, does) {
  return el("div", { class: "block-section" },
    block.text && el("p", {}, text(block.text, names)),
    block.fields && el("div", { class: "block-fields" }, block.fields.map((f) => el("p", {}, text(f, names)))),
    block.accessory && el("div", { class: "buttons" }, element(block.accessory, block, does)));
}

function showInput(block, names, does) {
  const wrong = does.errors?.[block.block_id];
  return el("div", { class: "block-input" },
    el("p", { class: "block-label" }, block.label?.text ?? "", block.optional && el("small", { text: " optional" })),
    element(block.element, block, does),
    block.hint && el("p", { class: "hint", text: block.hint.text }),
    wrong && el("p", { class: "wrong", role: "alert", text: wrong }));
}

// text makes nodes of a text object; an image has no text but says what it shows.
function text(object, names) {
  if (object.type === "image") return [`[${object.alt_text}]`];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [object.text];
}

function between(elements, show) {
  return elements.flatMap((e, i) => (i === 0 ? show(e) : [" · ", ...show(e)]));
}

function element(e, block, does) {
  const made = control(e, block, does);
  if (made) return made;
  if (e.type !== "button") return el("span", { class: "hint", text: `(a ${e.type.replaceAll("_", " ")}, which this page does not show)` });
  if (e.url && !e.action_id) return link(e.url, e.text?.text);
  return el("button", {
    type: "button", class: e.style, text: e.text?.text ?? "",
    "data-focus": `button ${block.block_id} ${e.action_id}`,
    on: { click: (event) => does.press(event.currentTarget, e, block) },
  });
}

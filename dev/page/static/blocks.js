// Block Kit as elements: the blocks that Muster sends, and something fair for the others.
// press is called with an element of an actions block and the ID of its block.
import { el } from "./dom.js";
import { link } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";

export function showBlocks(blocks, names, press) {
  return blocks.map((block) => (kinds[block.type] ?? unknown)(block, names, press));
}

const kinds = {
  header: (block) => el("p", { class: "block-header", text: block.text?.text ?? "" }),
  divider: () => el("hr"),
  section: showSection,
  context: (block, names) => el("p", { class: "block-context" }, between(block.elements ?? [], (e) => text(e, names))),
  actions: (block, names, press) => el("div", { class: "buttons" }, (block.elements ?? []).map((e) => element(e, block, press))),
  image: (block) => el("p", { class: "hint", text: `Image: ${block.alt_text || block.image_url}` }),
};

function unknown(block) {
  return el("p", { class: "hint", text: `(a block of type ${block.type}, which this page does not show)` });
}

function showSection(block, names, press) {
  return el("div", { class: "block-section" },
    block.text && el("p", {}, text(block.text, names)),
    block.fields && el("div", { class: "block-fields" }, block.fields.map((f) => el("p", {}, text(f, names)))),
    block.accessory && el("div", { class: "buttons" }, element(block.accessory, block, press)));
}

// text makes nodes of a text object; an image has no text but says what it shows.
function text(object, names) {
  if (object.type === "image") return [`[${object.alt_text}]`];
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : [object.text];
}

function between(elements, show) {
  return elements.flatMap((e, i) => (i === 0 ? show(e) : [" · ", ...show(e)]));
}

function element(e, block, press) {
  if (e.type !== "button") return el("span", { class: "hint", text: `(a ${e.type.replaceAll("_", " ")}, which this page does not show)` });
  if (e.url && !e.action_id) return link(e.url, e.text?.text);
  return el("button", {
    type: "button", class: e.style, text: e.text?.text ?? "",
    "data-focus": `button ${block.block_id} ${e.action_id}`,
    on: { click: (event) => press(event.currentTarget, e, block.block_id) },
  });
}

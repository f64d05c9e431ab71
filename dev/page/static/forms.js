// The form (Slack says modal) that Muster has opened for you. The rest of the page stays in use
// beside it: somebody may want to switch a vendor off while it is open.
import { act, answered } from "./act.js";
import { showBlocks } from "./blocks.js";
import { valuesIn } from "./controls.js";
import { byId, setText } from "./dom.js";
import { known, youAre } from "./people.js";

let view;
let look = "";

// showForm shows the one that is on top of yours, and leaves alone what has not changed: a
// person is writing in it.
export function showForm(state) {
  const next = state.modals.findLast((v) => v.person === youAre());
  const now = next ? JSON.stringify([next.id, next.hash, next.errors]) : "";
  if (now === look) return;
  const written = next && view?.id === next.id ? valuesIn(byId("form-blocks")) : {};
  look = now;
  view = next;
  const dialog = byId("form");
  if (!view) {
    dialog.close();
    byId("say-text").focus({ preventScroll: true });
    return;
  }
  setText(byId("form-title"), view.title);
  setText(byId("form-problem"), "");
  byId("form-close").textContent = view.close || "Cancel";
  byId("form-submit").textContent = view.submit || "";
  byId("form-submit").hidden = !view.submit;
  fill(state, written);
  if (!dialog.open) dialog.show();
  byId("said").replaceChildren(); // the form says it, and needs the room
  (byId("form-blocks").querySelector("input, textarea, select") ?? byId("form-close")).focus({ preventScroll: true });
}

function fill(state, written) {
  const held = Object.fromEntries(view.inputs.map((i) => [`${i.block_id}/${i.action_id}`, i.initial]));
  const names = { user: known, channel: (id) => state.channels.find((c) => c.id === id)?.name };
  byId("form-blocks").replaceChildren(...showBlocks(view.blocks, names, {
    values: { ...held, ...written }, errors: view.errors ?? {}, press, choose,
  }));
}

const place = () => ({ person: view.person, view_id: view.id, values: valuesIn(byId("form-blocks")) });

function press(button, element, block) {
  return act(button, "/slack/_sim/click", { ...place(), action_id: element.action_id, block_id: block.block_id });
}

function choose(node, element, _, value) {
  return act(node, "/slack/_sim/choose", { ...place(), action_id: element.action_id, value });
}

async function submit(event) {
  event.preventDefault();
  setText(byId("form-problem"), "");
  const reply = await act(byId("form-submit"), "/slack/_sim/submit", place());
  if (!reply) {
    setText(byId("form-problem"), byLabel(byId("said").textContent));
    byId("said").replaceChildren(); // it is said here, beside the form's button
  } else if (reply.status >= 300) setText(byId("form-problem"), answered(reply));
}

// byLabel names the inputs that the simulator names by their block.
function byLabel(words) {
  return words.split("\n").map((line) => {
    const label = view?.inputs.find((i) => line.startsWith(`${i.block_id}: `))?.label;
    return label ? `“${label}”${line.slice(line.indexOf(":"))}` : line;
  }).join("\n");
}

const close = () => act(byId("form-close"), "/slack/_sim/close", { person: view.person });

export function setUpForms() {
  byId("form-form").addEventListener("submit", submit);
  byId("form-close").addEventListener("click", close);
  byId("form").addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
}

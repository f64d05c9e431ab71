// What you can do with a message: react, run one of Muster's shortcuts, answer, edit, delete.
import { act } from "./act.js";
import { el } from "./dom.js";
import { nameOf, youAre } from "./people.js";

// The reactions that Muster knows by default, and how they look.
export const emoji = { fast_forward: "⏩", pushpin: "📌", mortar_board: "🎓", eyes: "👀", white_check_mark: "✅" };

const offered = [["fast_forward", "make it a follow-up"], ["pushpin", "put it on the timeline"], ["mortar_board", "nominate for a review"]];

// The shortcuts of the app's manifest.
const shortcuts = [
  ["declare_message", "Declare incident"], ["follow_up_message", "Make a follow-up"],
  ["timeline_message", "Put on the timeline"], ["nominate_message", "Nominate for a review"],
];

export function menu(m, talk, reply) {
  const place = { channel: m.channel, ts: m.ts };
  const person = () => talk.person ?? youAre();
  const button = (text, run) => el("button", {
    type: "button", text, "data-focus": `menu ${m.ts} ${text}`,
    on: { click: (event) => { event.currentTarget.closest("details").open = false; run(event.currentTarget); } },
  });
  const whole = (event) => { if (event.currentTarget.open) event.currentTarget.querySelector(".menu-list").scrollIntoView({ block: "nearest" }); };
  return el("details", { class: "menu message-menu", "data-keep": `menu ${m.ts}`, on: { toggle: whole } },
    el("summary", { "aria-label": "What you can do with this message", text: "⋯" }),
    el("div", { class: "menu-list" },
      offered.map(([name, what]) => button(`${emoji[name]} ${what}`, (b) => react(b, m, talk, person(), name))),
      shortcuts.map(([callback_id, what]) => button(what, (b) => act(b, "/slack/_sim/message_shortcut", { ...place, person: person(), callback_id }))),
      !talk.archived && button("Reply in the thread", () => reply(m)),
      m.from === person() && button("Edit", (b) => edit(b, m, person())),
      button("Delete", (b) => act(b, "/slack/_sim/delete", { ...place, person: person() }, "Deleted."))));
}

// react is by somebody who is in the channel; the same again takes it back.
export async function react(button, m, talk, person, name) {
  const mine = m.reactions?.[name]?.includes(person);
  if (!mine && !talk.person && !talk.members.includes(person)) {
    if (!(await act(button, "/slack/_sim/join", { person, channel: m.channel }, `${nameOf(person)} joined ${talk.title}.`))) return;
  }
  await act(button, mine ? "/slack/_sim/unreact" : "/slack/_sim/react", { person, channel: m.channel, ts: m.ts, name });
}

// edit puts a field in the place of the message.
function edit(button, m, person) {
  const content = button.closest("article").querySelector(".content");
  const field = el("input", { type: "text", "aria-label": "The message" });
  field.value = m.text;
  const save = el("button", { type: "submit", text: "Save" });
  const form = el("form", { class: "say edit" }, field, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    act(save, "/slack/_sim/edit", { person, channel: m.channel, ts: m.ts, text: field.value });
  });
  content.replaceChildren(form);
  field.focus();
}

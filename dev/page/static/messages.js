// The messages of one Slack channel or conversation.
import { act, answered, confirmed } from "./act.js";
import { showBlocks } from "./blocks.js";
import { byId, el, showList } from "./dom.js";
import { anchor } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";
import { choices, known, nameOf, youAre } from "./people.js";
import { moment } from "./time.js";

export function showMessages(talk, state) {
  const names = {
    user: known,
    channel: (id) => state.channels.find((c) => c.id === id)?.name,
  };
  const list = byId("messages");
  // A message of one channel must not pass for one of another.
  showList(list, talk?.messages ?? [], (m) => `${m.channel} ${m.ts}`, (m) => message(m, talk, names, state), (m) => [m, talk.person, choices()]);
}

function message(m, talk, names, state) {
  const fromMuster = m.from === state.bot;
  const reply = m.thread && m.thread !== m.ts;
  return el("article", { class: `message${reply ? " reply" : ""}${m.pinned ? " pinned" : ""}${m.only ? " only" : ""}`, id: anchor("message", m.ts).slice(1), tabindex: "-1" },
    el("p", { class: "from" },
      el("span", { class: `avatar${fromMuster ? " muster" : ""}`, "aria-hidden": "true", text: initial(m.from, fromMuster) }),
      el("strong", { text: fromMuster ? "Muster" : nameOf(m.from) }),
      moment(new Date(Number(m.ts) * 1000)),
      m.edited && el("span", { class: "mark", text: "edited" }),
      m.pinned && el("span", { class: "mark pin", text: "pinned" }),
      reply && el("span", { class: "mark", text: "in the thread" }),
      m.only && el("span", { class: "mark", text: `only ${nameOf(m.only)} sees this` })),
    el("div", { class: "content" }, content(m, talk, names)),
    reactions(m));
}

const initial = (from, fromMuster) => (fromMuster ? "M" : nameOf(from).slice(0, 1).toUpperCase());

function content(m, talk, names) {
  if (!m.blocks?.length) return el("p", {}, mrkdwn(m.text, names));
  return showBlocks(m.blocks, names, (button, element, block) => press(button, element, block, m, talk));
}

async function press(button, element, block, m, talk) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  const person = m.only ?? talk.person ?? youAre();
  await act(button, "/slack/_sim/click", { person, channel: m.channel, ts: m.ts, action_id: element.action_id, block_id: block }, answered);
}

function reactions(m) {
  const all = Object.entries(m.reactions ?? {});
  return all.length > 0 && el("p", { class: "reactions" }, all.map(([name, who]) =>
    el("span", { title: who.map(nameOf).join(", "), text: `:${name}: ${who.length}` })));
}

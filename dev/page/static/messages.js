// The messages of one Slack channel or conversation.
import { act, answered, confirmed } from "./act.js";
import { showBlocks } from "./blocks.js";
import { byId, el, showList } from "./dom.js";
import { anchor } from "./links.js";
import { mrkdwn } from "./mrkdwn.js";
import { choices, known, nameOf, youAre } from "./people.js";
import { emoji, menu, react } from "./message_menu.js";
import { moment } from "./time.js";

// showMessages shows a talk; reply is called with the message that is to be answered in its thread.
export function showMessages(talk, state, reply) {
  const names = {
    user: known,
    channel: (id) => state.channels.find((c) => c.id === id)?.name,
  };
  const list = byId("messages");
  // A message of one channel must not pass for one of another.
  showList(list, talk?.messages ?? [], (m) => `${m.channel} ${m.ts}`, (m) => message(m, talk, names, state, reply), (m) => [m, talk.person, talk.members, talk.archived, choices(), youAre()]);
}

function message(m, talk, names, state, reply) {
  const fromMuster = m.from === state.bot;
  const inThread = m.thread && m.thread !== m.ts;
  return el("article", { class: `message${inThread ? " reply" : ""}${m.pinned ? " pinned" : ""}${m.only ? " only" : ""}`, id: anchor("message", m.ts).slice(1), tabindex: "-1" },
    el("p", { class: "from" },
      el("span", { class: `avatar${fromMuster ? " muster" : ""}`, "aria-hidden": "true", text: initial(m.from, fromMuster) }),
      el("strong", { text: fromMuster ? "Muster" : nameOf(m.from) }),
      moment(new Date(Number(m.ts) * 1000)),
      m.edited && el("span", { class: "mark", text: "edited" }),
      m.pinned && el("span", { class: "mark pin", text: "pinned" }),
      inThread && el("span", { class: "mark", text: "in the thread" }),
      m.only && el("span", { class: "mark", text: `only ${nameOf(m.only)} sees this` }),
      !m.only && !m.view_id && menu(m, talk, reply)),
    el("div", { class: "content" }, content(m, talk, names)),
    reactions(m, talk));
}

const initial = (from, fromMuster) => (fromMuster ? "M" : nameOf(from).slice(0, 1).toUpperCase());

function content(m, talk, names) {
  if (!m.blocks?.length) return el("p", {}, mrkdwn(m.text, names));
  return showBlocks(m.blocks, names, {
    values: m.values ?? startValues(m.blocks),
    press: (button, element, block) => press(button, element, block, m, talk),
    choose: (node, element, block, value) => value && act(node, "/slack/_sim/choose", { ...place(m, talk), action_id: element.action_id, value }, answered),
  });
}

// startValues are what the selects of a message begin with.
function startValues(blocks) {
  const all = blocks.flatMap((b) => [...(b.elements ?? []), ...(b.accessory ? [b.accessory] : [])].map((e) => [`${b.block_id}/${e.action_id}`, e.initial_option?.value]));
  return Object.fromEntries(all.filter(([, value]) => value));
}

const place = (m, talk) => ({
  person: m.only ?? talk.person ?? youAre(), ...(m.view_id ? { view_id: m.view_id } : { channel: m.channel, ts: m.ts }),
});

async function press(button, element, block, m, talk) {
  if (element.confirm && !(await confirmed(element.confirm))) return;
  await act(button, "/slack/_sim/click", { ...place(m, talk), action_id: element.action_id, block_id: block.block_id }, answered);
}

function reactions(m, talk) {
  const all = Object.entries(m.reactions ?? {});
  return all.length > 0 && el("p", { class: "reactions" }, all.map(([name, who]) =>
    el("button", {
      type: "button", title: who.map(nameOf).join(", "), text: `${emoji[name] ?? `:${name}:`} ${who.length}`, "data-focus": `reaction ${m.ts} ${name}`,
      on: { click: (event) => react(event.currentTarget, m, talk, talk.person ?? youAre(), name) },
    })));
}

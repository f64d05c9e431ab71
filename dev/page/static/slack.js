// The Slack column: the channels, and what is said in the one that is open.
import { act, answered } from "./act.js";
import { byId, el, setText, showList, showOne } from "./dom.js";
import { showForm } from "./forms.js";
import { anchor, link } from "./links.js";
import { showMessages } from "./messages.js";
import { plain } from "./mrkdwn.js";
import { choices, listed, nameOf, person, youAre } from "./people.js";

let state;
let chosen = ""; // what a person opened; until then the newest channel is shown
let shown = "";
let thread; // the message that is being answered in its thread
const seen = new Map(); // the newest message that was on screen, by channel

export function showSlack(next) {
  const first = !state;
  state = next;
  const talks = allTalks();
  if (!talks.some((t) => t.id === chosen)) chosen = "";
  const open = talks.find((t) => t.id === chosen) ?? talks[0];
  markSeen(talks, open, first);
  setText(byId("slack-count"), state.total === 1 ? "1 channel" : `${state.total} channels`);
  showList(byId("channels"), talks.filter((t) => !t.person && !t.home), (t) => t.id, entry, looks(open));
  showList(byId("directs"), talks.filter((t) => t.person), (t) => t.id, entry, looks(open));
  byId("home").toggleAttribute("aria-current", open?.home === true);
  byId("directs-empty").hidden = state.direct.length > 0;
  showTalk(open);
  showForm(state);
}

// home is your home tab in the shape of a channel, with one message in it.
function home() {
  const view = state.homes.find((v) => v.person === youAre());
  const values = Object.fromEntries((view?.inputs ?? []).map((i) => [`${i.block_id}/${i.action_id}`, i.initial]));
  return {
    id: "home", title: `Muster’s home tab of ${nameOf(youAre())}`, home: true, members: [], pins: [], bookmarks: [], notices: [], topic: "",
    messages: view ? [{ channel: "home", ts: view.hash, view_id: view.id, from: state.bot, blocks: view.blocks, values }] : [],
  };
}

// allTalks are the channels, newest first, and the direct conversations, in one shape.
function allTalks() {
  const channels = state.channels.map((c) => ({ ...c, title: "#" + c.name }));
  const directs = state.direct.map((d) => ({
    id: d.channel, title: `Muster and ${nameOf(d.person)}`, person: d.person, messages: d.messages,
    members: [], pins: [], bookmarks: [], notices: [], topic: "",
  }));
  return [...[...channels, ...directs].map((t) => ({ ...t, messages: withPrivate(t) })), home()];
}

// withPrivate puts the messages that only one person sees among the others.
function withPrivate(talk) {
  const only = state.only.filter((m) => m.channel === talk.id);
  if (!only.length) return talk.messages;
  const rootOf = (m) => m.thread || m.ts; // replies stay with what they answer
  return [...talk.messages, ...only].sort((a, b) => rootOf(a).localeCompare(rootOf(b)) || a.ts.localeCompare(b.ts));
}

const newest = (talk) => talk.messages.reduce((ts, m) => (m.ts > ts ? m.ts : ts), "");

// markSeen knows what is new to whoever looks. What was there before the page is not.
function markSeen(talks, open, first) {
  for (const t of talks) {
    if (first || t.id === open?.id) seen.set(t.id, newest(t));
  }
}

const isNew = (talk) => newest(talk) > (seen.get(talk.id) ?? "");
const looks = (open) => (t) => [t.title, t.archived, t.private, t.id === open?.id, isNew(t)];

function entry(talk) {
  const label = talk.person ? nameOf(talk.person) : talk.title;
  const open = talk.id === current()?.id;
  return el("li", {},
    el("button", {
      type: "button", class: "channel", "aria-current": open ? "true" : undefined, "data-focus": `channel ${talk.id}`,
      title: label, on: { click: () => openTalk(talk.id) },
    },
    el("span", { class: "channel-name", text: label }),
    talk.private && el("small", { text: "private" }),
    talk.archived && el("small", { text: "archived" }),
    !open && isNew(talk) && el("small", { class: "new", text: "new" })));
}

const current = () => allTalks().find((t) => t.id === chosen) ?? allTalks()[0];

// openTalk shows a channel or conversation by ID; it says whether there is one.
export function openTalk(id) {
  if (!state || !allTalks().some((t) => t.id === id)) return false;
  chosen = id;
  showSlack(state);
  return true;
}

function showTalk(talk) {
  const box = byId("messages-scroll");
  const follow = atEnd() && box.scrollTop > 0;
  showOne(byId("talk-head"), talk?.id ?? "none", () => head(talk), [talk?.id, talk && headLooks(talk), choices()]);
  if (thread && !talk?.messages.some((m) => m.ts === thread.ts)) thread = undefined;
  showMessages(talk, state, (m) => { thread = m; showTalk(current()); byId("say-text").focus(); });
  setText(byId("messages-empty"), emptyWords(talk));
  byId("messages-empty").hidden = Boolean(talk?.messages.length);
  byId("say").hidden = !talk || talk.home || Boolean(talk.archived);
  if (talk) byId("say-text").placeholder = invitation(talk);
  // A channel opens at its board; whoever goes to the newest message stays with it.
  if (shown !== talk?.id) box.scrollTop = 0;
  else if (follow) box.scrollTop = box.scrollHeight;
  shown = talk?.id;
  offerNewest();
}

function invitation(talk) {
  if (thread) return `Reply in the thread of “${plain(thread.text || "a message").slice(0, 40)}”`;
  if (talk.person) return `Answer Muster, as ${nameOf(talk.person)}`;
  return state.targets.commands || state.sockets ? "Say something, @Muster …, or /incident …" : "Say something";
}

function atEnd() {
  const box = byId("messages-scroll");
  return box.scrollHeight - box.scrollTop - box.clientHeight < 40;
}

const offerNewest = () => { byId("newest").hidden = atEnd(); };

function emptyWords(talk) {
  if (!talk) return "There is no channel yet.";
  if (talk.home) return "Muster has not published anything here yet.";
  if (talk.person) return "Nothing has been said here. Whoever has subscribed is told here of new incidents, and everybody of what they owe.";
  return "Nothing has been said here. A declared incident gets a channel of its own, with a board that is kept up to date, and is announced in the announcement channel.";
}

const headLooks = (t) => [youAre(), t.bot_inside, t.title, t.topic, t.members, t.bookmarks, t.notices, t.archived, t.messages.filter((m) => m.pinned).map((m) => [m.ts, m.text])];

function head(talk) {
  if (!talk) return el("div");
  return el("div", { class: "talk-head", id: anchor("channel", talk.id).slice(1), tabindex: "-1" },
    el("h3", { text: talk.title }),
    talk.topic && el("p", { class: "topic", text: plain(talk.topic) }),
    !talk.person && !talk.home && el("p", { class: "facts", text: talk.members.length ? `With ${listed(talk.members)}` : "Nobody has joined yet" }),
    marks(talk),
    !talk.person && !talk.home && deeds(talk),
    talk.notices.length > 0 && el("details", { "data-keep": "notices" },
      el("summary", { text: `What Slack noted (${talk.notices.length})` }),
      el("ul", {}, talk.notices.map((text) => el("li", { text })))));
}

// deeds are what you can do with a channel.
function deeds(talk) {
  const deed = (name, text, done) => el("button", {
    type: "button", text, "data-focus": `deed ${talk.id} ${name}`,
    on: { click: (event) => act(event.currentTarget, `/slack/_sim/${name}`, { person: youAre(), channel: talk.id }, done) },
  });
  const inside = talk.members.includes(youAre());
  return el("details", { class: "deeds", "data-keep": "deeds" },
    el("summary", { text: `What ${nameOf(youAre())} can do here` }),
    el("div", { class: "buttons" },
      !talk.archived && !inside && !talk.private && deed("join", "Join"),
      !talk.archived && inside && deed("leave", "Leave"),
      !talk.archived && inside && !talk.bot_inside && deed("bring_bot", "Invite Muster"),
      talk.archived ? deed("unarchive", "Unarchive") : deed("archive", "Archive"),
      deed("delete_channel", "Delete", "The channel is gone.")));
}

// marks are the pinned messages and the bookmarks.
function marks(talk) {
  const pinned = talk.messages.filter((m) => m.pinned).map((m) => el("a", { href: anchor("message", m.ts), text: `Pinned: ${plain(m.text || "a message")}` }));
  const all = [...pinned, ...talk.bookmarks.map((b) => link(b.link, b.title))];
  return all.length > 0 && el("p", { class: "facts marks" }, all.map((mark) => el("span", {}, mark)));
}

export function setUpSlack() {
  const box = byId("messages-scroll");
  box.addEventListener("scroll", offerNewest);
  byId("newest").addEventListener("click", () => {
    box.scrollTop = box.scrollHeight;
    box.focus({ preventScroll: true }); // the button goes
  });
  byId("home").addEventListener("click", (event) => {
    openTalk("home");
    act(event.currentTarget, "/slack/_sim/home", { person: youAre() });
  });
  byId("declare").addEventListener("click", (event) =>
    act(event.currentTarget, "/slack/_sim/shortcut", { person: youAre(), callback_id: "declare" }, (a) => (a.status >= 300 ? answered(a) : "")));
  byId("try").addEventListener("click", () => {
    if (byId("say").hidden) openTalk(allTalks().find((t) => !t.person && !t.home && !t.archived)?.id);
    byId("say-text").value = byId("try").textContent;
    byId("say-text").focus();
  });
  byId("say").addEventListener("submit", (event) => {
    event.preventDefault();
    speak(byId("say-text").value.trim(), event.submitter);
  });
}

async function speak(text, button) {
  const talk = current();
  if (!text || !talk) return;
  const person = talk.person ?? youAre(); // a direct conversation is that person's alone
  const done = text.startsWith("/") ? await command(button, talk, person, text) : await post(button, talk, person, text);
  if (!done) return;
  byId("say-text").value = "";
  thread = undefined;
  const box = byId("messages-scroll");
  if (talk.id === shown) box.scrollTop = box.scrollHeight; // to what was said, and to the answer
}

function command(button, talk, person, text) {
  return act(button, "/slack/_sim/slash", { person, channel: talk.id, command: named(text, true) }, answered);
}

async function post(button, talk, person, words) {
  const inside = talk.person || talk.members.includes(person);
  // Whoever wants to speak in Slack joins first. Muster hears of it, as of a real one.
  if (!inside && !(await act(button, "/slack/_sim/join", { person, channel: talk.id }, `${nameOf(person)} joined ${talk.title}.`))) return null;
  const text = named(words.replace(/@muster\b/gi, `<@${state.bot_id}>`));
  return act(button, "/slack/_sim/post", { person, channel: talk.id, text, thread: thread?.thread || thread?.ts });
}

// named puts IDs in the place of @names and #channels, as Slack does while a person types. In
// a slash command it adds what they are called.
function named(words, asCommand = false) {
  const bar = (name) => (asCommand ? `|${name}` : "");
  return words
    .replace(/(?<![\w<])@([\w.-]+)/g, (whole, name) => { const p = person(name); return p ? `<@${p.id}${bar(p.name.toLowerCase())}>` : whole; })
    .replace(/(?<!\S)#([\p{L}\p{N}_-]+)/gu, (whole, name) => { const c = state.channels.find((o) => o.name === name); return c ? `<#${c.id}${bar(c.name)}>` : whole; });
}

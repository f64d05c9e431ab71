// Slack's mrkdwn as elements: https://docs.slack.dev/messaging/formatting-message-text
import { el } from "./dom.js";
import { link } from "./links.js";
import { fill, moment } from "./time.js";

// plain is what a text says to whoever reads it as it is, such as a title.
export const plain = (text) => text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);

// One token: code, something in angle brackets, or a stretch between two equal marks that
// stand at the edges of words.
const token = new RegExp([
  "```(?<block>[\\s\\S]+?)```",
  "`(?<code>[^`\\n]+)`",
  "<(?<angle>[^<>]+)>",
  "(?<![\\p{L}\\p{N}*_~])(?<mark>[*_~])(?=\\S)(?<inner>[^\\n]*?\\S)\\k<mark>(?![\\p{L}\\p{N}*_~])",
].join("|"), "gu");

const tags = { "*": "strong", _: "em", "~": "s" };

// mrkdwn makes nodes of a text. names finds what a user's or channel's ID is called. Lines that
// begin with an unescaped > are quoted.
export function mrkdwn(text, names) {
  const parts = text.split(/((?:^> ?.*(?:\n|$))+)/m);
  return parts.flatMap((part, i) => {
    if (i % 2 === 0) return inline(part, names);
    return [el("blockquote", {}, ...inline(part.replace(/^> ?/gm, "").trimEnd(), names))];
  });
}

function inline(text, names) {
  const nodes = [];
  let done = 0;
  for (const found of text.matchAll(token)) {
    if (found.index > done) nodes.push(plain(text.slice(done, found.index)));
    nodes.push(node(found.groups, names));
    done = found.index + found[0].length;
  }
  if (done < text.length) nodes.push(plain(text.slice(done)));
  return nodes;
}

function node(groups, names) {
  if (groups.block) return el("pre", { text: plain(groups.block.replace(/^\n/, "")) });
  if (groups.code) return el("code", { text: plain(groups.code) });
  if (groups.angle) return angle(groups.angle, names);
  return el(tags[groups.mark], {}, ...inline(groups.inner, names));
}

function angle(inside, names) {
  const bar = inside.indexOf("|");
  const what = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : plain(inside.slice(bar + 1));
  switch (what[0]) {
    case "@": return el("span", { class: "mention", text: "@" + (names.user(what.slice(1)) || label || what.slice(1)) });
    case "#": return el("a", { href: "#channel-" + what.slice(1), text: "#" + (names.channel(what.slice(1)) || label || what.slice(1)) });
    case "!": return command(what.slice(1), label);
  }
  return link(plain(what), label);
}

function command(what, label) {
  const [name, seconds, pattern] = what.split("^");
  const when = new Date(Number(seconds) * 1000);
  if (name === "date" && pattern && !Number.isNaN(when.getTime())) return moment(when, fill(plain(pattern), when));
  return el("span", { class: "mention", text: label || "@" + name });
}

// Addresses in texts lead to vendors that are only simulated. What this page shows itself is
// linked to its place here, the rest opens in a new tab.
import { el } from "./dom.js";

// link makes a link of an address that somebody wrote, or mere text if it is no web address.
export function link(address, label) {
  const url = parse(address);
  if (!url) return document.createTextNode(label || address);
  const here = place(url);
  if (here) return el("a", { href: here, text: label || address });
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer", text: label || address });
}

function parse(address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : null;
}

// places are the paths of channels, messages, issues and pages at the vendors, whatever the host:
// simulated Slack calls itself sim.slack.com, as the real one would.
const places = [
  [/\/archives\/([A-Z0-9]+)(?:\/p\d+)?$/, "channel"],
  [/\/jira\/browse\/([A-Z][A-Z0-9_]*-\d+)$/, "issue"],
  [/\/pagerduty\/incidents\/([A-Z0-9]+)$/, "page"],
];

function place(url) {
  for (const [pattern, kind] of places) {
    const found = url.pathname.match(pattern);
    if (found && ours(url)) return anchor(kind, found[1]);
  }
  return "";
}

// ours knows this machine by each of its names.
function ours(url) {
  const local = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname) && url.port === location.port;
  return local || url.host === location.host || url.hostname === "sim.slack.com";
}

export const anchor = (kind, id) => `#${kind}-${id}`;

// Times are shown in the zone of whoever looks.
import { el, setText } from "./dom.js";

const form = (options) => new Intl.DateTimeFormat(undefined, options);
const clock = form({ hour: "2-digit", minute: "2-digit" });
const seconds = form({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const full = form({ dateStyle: "full", timeStyle: "long" });
const dates = {
  date_num: form({ year: "numeric", month: "2-digit", day: "2-digit" }),
  date: form({ year: "numeric", month: "long", day: "numeric" }),
  date_short: form({ year: "numeric", month: "short", day: "numeric" }),
  date_long: form({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
};

// ago is a time that says how long ago it was, and goes on doing so (see tick).
export function ago(at) {
  const when = new Date(at);
  return el("time", { datetime: when.toISOString(), title: full.format(when), "data-ago": "", text: since(when) });
}

// moment is a time that is said as it is.
export function moment(when, text = clock.format(when)) {
  return el("time", { datetime: when.toISOString(), title: full.format(when), text });
}

// tick brings the times of ago up to date.
export function tick() {
  for (const time of document.querySelectorAll("time[data-ago]")) setText(time, since(new Date(time.dateTime)));
}

function since(when) {
  const passed = Math.max(0, (Date.now() - when) / 1000);
  if (passed < 5) return "just now";
  if (passed < 60) return `${Math.floor(passed)} s ago`;
  if (passed < 3600) return `${Math.floor(passed / 60)} min ago`;
  if (passed < 86400) return `${Math.floor(passed / 3600)} h ago`;
  return dates.date_short.format(when);
}

// day shows a date without a time, such as 2026-11-30, as that day in every zone.
export function day(text) {
  const [year, month, date] = text.split("-").map(Number);
  const when = new Date(year, month - 1, date);
  return Number.isNaN(when.getTime()) ? text : dates.date_short.format(when);
}

// fill puts a time into Slack's pattern, such as "{date_short_pretty} {time}".
export function fill(pattern, when) {
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => part(name, when) ?? whole);
}

function part(name, when) {
  if (name === "time") return clock.format(when);
  if (name === "time_secs") return seconds.format(when);
  if (name === "ago") return since(when);
  if (name.endsWith("_pretty")) return pretty(name.slice(0, -"_pretty".length), when);
  return dates[name]?.format(when);
}

function pretty(name, when) {
  const days = Math.round((midnight(when) - midnight(new Date())) / 86400000);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days] ?? dates[name]?.format(when);
}

function midnight(when) {
  return new Date(when.getFullYear(), when.getMonth(), when.getDate());
}

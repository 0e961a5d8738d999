// SPDX-License-Identifier: Apache-2.0
// Making elements and words.  Text from a log is hostile: it goes into text
// nodes only, and what could turn or hide the text around it is shown by its
// code point instead.

const TRICKS = new RegExp("[\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f" +
    "\\u00ad\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]", "g");

export function clean(text) {
	return String(text ?? "").replace(TRICKS, (c) =>
	    "\\u{" + c.charCodeAt(0).toString(16).padStart(4, "0") + "}");
}

// el("p", {class: "note"}, "text", element, ...); null children are left out.
export function el(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes ?? {}))
		if (value !== undefined && value !== null)
			e.setAttribute(name, value);
	put(e, ...children);
	return e;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes, ...children) {
	const e = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes ?? {}))
		e.setAttribute(name, value);
	put(e, ...children);
	return e;
}

function put(e, ...children) {
	for (const c of children.flat(Infinity))
		if (c !== null && c !== undefined)
			e.append(typeof c === "object" ? c : clean(c));
}

export function fill(e, ...children) {
	e.replaceChildren();
	put(e, ...children);
}

// Set a text only when it changed, so that a selection in it survives.
export function say(e, text) {
	const wanted = clean(text);
	if (e.textContent !== wanted)
		e.textContent = wanted;
}

export const byId = (id) => document.getElementById(id);

const numbers = new Intl.NumberFormat("en");
export const number = (n) => numbers.format(n ?? 0);

export function plural(n, one, many) {
	return number(n) + " " + (n === 1 ? one : many ?? one + "s");
}

export function bytes(n) {
	const units = ["bytes", "kB", "MB", "GB", "TB"];
	let u = 0;
	for (; n >= 1000 && u < units.length - 1; u++)
		n /= 1000;
	return (u === 0 ? n : n.toFixed(1)) + " " + units[u];
}

// The share cut, not rounded: never "100 %" with lines unknown.
export function percent(part, whole) {
	return (Math.floor(part / whole * 1e4) / 100).toFixed(2) + " %";
}

const clock = new Intl.DateTimeFormat("en-GB", {hour: "2-digit",
    minute: "2-digit", second: "2-digit"});
const day = new Intl.DateTimeFormat("en-GB", {day: "numeric",
    month: "short", year: "numeric"});

// "14:03:20" today, "2 Mar 2026 14:03:20" on another day.
export function moment(date) {
	const t = clock.format(date);
	return date.toDateString() === new Date().toDateString() ? t :
	    day.format(date) + ", " + t;
}

export function hourName(date) {
	return clock.format(date).slice(0, 5);
}

export function dayName(date) {
	return day.format(date);
}

export function ago(date, now) {
	const s = Math.max(0, Math.round((now - date) / 1000));
	if (s < 60)
		return s + " s ago";
	if (s < 3600)
		return Math.floor(s / 60) + " min ago";
	if (s < 86400)
		return Math.floor(s / 3600) + " h ago";
	return plural(Math.floor(s / 86400), "day") + " ago";
}

export function time(text) {
	const date = new Date(text);
	if (isNaN(date))
		return el("span", {}, "not known");
	return el("time", {datetime: date.toISOString(), title: clean(text)},
	    moment(date));
}

// SPDX-License-Identifier: Apache-2.0
// Traffic by hour and class: a stacked bar for each hour, a table that is the
// legend too, and every number in a second table.

import {byId, dayName, el, fill, hourName, number, say, svg}
    from "./dom.js";

// From the bottom of a bar to its top, with what each means.
const CLASSES = [
	["open_relay", "A stranger's mail to strangers, and it was taken"],
	["inbound", "To your own domains"],
	["authenticated_relay", "Outbound by users who logged in"],
	["authorised_relay", "Outbound from trusted networks"],
	["local_submission", "Outbound from this host itself"],
	["forwarded", "Came for a local address, left by alias or list"],
	["relay_domain", "To domains this host relays for"],
	["bounce", "Made by the mail server itself"],
	["unknown", "The log does not tell"],
	["relay_denied", "Relaying that was tried and refused"],
	["rejected", "Refused for another reason"],
	["auth_success", "Logins that succeeded"],
	["auth_failure", "Logins that failed"],
];
const STACK = CLASSES.map((c) => c[0]).filter((c) => !c.startsWith("auth_"));
const HEIGHT = 196, TOP = 8, FOOT = 34, LEFT = 44;

let drawn = null, width = 0;

const name = (c) => c.replaceAll("_", " ");

// The top of the axis: the next round number that is not below n.
function round(n) {
	const ten = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
	return [1, 2, 3, 4, 5, 6, 8, 10].find((d) => d * ten >= n) * ten;
}

function total(hour) {
	return STACK.reduce((sum, c) => sum + (hour.classes[c] ?? 0), 0);
}

function describe(hour) {
	const date = new Date(hour.time);
	const parts = CLASSES.filter(([c]) => hour.classes[c] > 0)
	    .map(([c]) => name(c) + " " + number(hour.classes[c]));
	return dayName(date) + ", " + hourName(date) + " to " +
	    hourName(new Date(date.getTime() + 3600e3)) + "\n" +
	    (parts.join("\n") || "nothing");
}

function bar(hour, x, w, scale, bottom) {
	const g = svg("g", {class: "hour"});
	let y = bottom;
	g.append(svg("title", {}, describe(hour)));
	for (const c of STACK) {
		const n = hour.classes[c] ?? 0;
		if (n === 0)
			continue;
		const h = Math.max(n * scale, c === "open_relay" ? 3 : 0.5);
		y -= h;
		g.append(svg("rect", {class: "c-" + c, x: x + 1, y,
		    width: Math.max(w - 2, 1), height: h}));
	}
	// However small beside the rest, an hour with open relays shows.
	if (hour.classes.open_relay > 0)
		g.append(svg("path", {class: "alarm", d: `M${x + w / 2} ` +
		    `${bottom + 3}l4.5 7h-9z`}));
	g.append(svg("rect", {class: "hit", x, y: TOP, width: w,
	    height: bottom - TOP + 12}));
	return g;
}

function grid(max, scale, bottom, right) {
	const out = [];
	for (const n of [0, max / 2, max]) {
		if (n !== Math.floor(n))
			continue;
		const y = Math.round(bottom - n * scale) + 0.5;
		out.push(svg("path", {class: "grid",
		    d: `M${LEFT} ${y}H${right}`}));
		out.push(svg("text", {x: LEFT - 7, y: y + 4,
		    "text-anchor": "end"}, number(n)));
	}
	return out;
}

function chart(hours) {
	const place = byId("chart");
	const right = Math.max(place.clientWidth, 240);
	const bottom = HEIGHT - FOOT, w = (right - LEFT) / hours.length;
	const max = Math.max(2, round(Math.max(...hours.map(total))));
	const scale = (bottom - TOP) / max;
	const alarms = hours.filter((h) => h.classes.open_relay > 0).length;
	const s = svg("svg", {role: "img", viewBox: `0 0 ${right} ${HEIGHT}`,
	    "aria-label": "Bars of traffic by hour; the numbers are in the " +
	    "tables below. Hours with open relays: " + number(alarms)},
	    grid(max, scale, bottom, right));
	const every = w < 22 ? 6 : 3;
	hours.forEach((h, i) => {
		const x = LEFT + i * w, date = new Date(h.time);
		s.append(bar(h, x, w, scale, bottom));
		if (date.getHours() % every === 0)
			s.append(svg("text", {x: x + w / 2, y: HEIGHT - 4,
			    "text-anchor": "middle"}, hourName(date)));
	});
	fill(place, s);
}

function classRow([c, what], hours) {
	const sum = hours.reduce((n, h) => n + (h.classes[c] ?? 0), 0);
	const last = hours[hours.length - 1].classes[c] ?? 0;
	return el("tr", {class: "c-" + c + (sum > 0 ? " some" : " zero")},
	    el("th", {scope: "row"}, el("span", {class: "swatch",
	        "aria-hidden": "true"}), name(c)),
	    el("td", {}, what),
	    el("td", {class: "n"}, number(last)),
	    el("td", {class: "n"}, number(sum)));
}

function hourTable(hours) {
	const seen = CLASSES.filter(([c]) =>
	    hours.some((h) => h.classes[c] > 0));
	return [
		el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "Hour"),
		    seen.map(([c]) => el("th", {scope: "col", class: "n"},
		    name(c))))),
		el("tbody", {}, hours.map((h) => el("tr", {},
		    el("th", {scope: "row"}, hourName(new Date(h.time))),
		    seen.map(([c]) => el("td", {class: "n"},
		    number(h.classes[c] ?? 0)))))),
	];
}

export function showTraffic(t) {
	const hours = t.items, state = byId("traffic-state");
	const any = hours.some((h) => Object.keys(h.classes).length > 0);

	drawn = hours;
	state.hidden = any;
	byId("traffic-body").hidden = !any;
	say(byId("traffic-span"), hours.length === 0 ? "" :
	    "24 h to " + hourName(new Date(t.until)) + ", " +
	    dayName(new Date(new Date(t.until).getTime() - 1)));
	if (!any) {
		state.dataset.state = "empty";
		fill(state, el("b", {}, "No traffic in these 24 hours"),
		    "No mail, refusal or login was logged.");
		return;
	}
	chart(hours);
	fill(byId("classes"), CLASSES.filter(([c]) => c === "open_relay" ||
	    hours.some((h) => h.classes[c] > 0))
	    .map((c) => classRow(c, hours)));
	fill(byId("hours"), hourTable(hours));
}

export function trafficFailed(problem) {
	const state = byId("traffic-state");
	state.hidden = false;
	state.dataset.state = "error";
	fill(state, el("b", {}, "The traffic could not be read"), problem);
}

new ResizeObserver(() => {
	const w = byId("chart").clientWidth;
	if (drawn !== null && w > 0 && w !== width)
		chart(drawn);
	width = w;
}).observe(byId("chart"));

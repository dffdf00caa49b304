// The maps of pages: of reads or units in a table, and of an area that is drawn for a search.
import { drawArea } from "./map_area.js";
import { areaOf, lookAt, showGround } from "./map_ground.js";

const TOGETHER = 5; // decimals of a degree: about a metre
const LINKS = "a.plate, a.unit";
const MARKS = ["silent", "faults", "heard", "ended"]; // of several units at a place the first of these is shown

// What the page says of places, those at one place together.
function placesOf(page) {
  const places = new Map();
  for (const element of page.querySelectorAll("[data-place]")) {
    const at = element.dataset.place.split(",").map(Number);
    const key = at.map((degrees) => degrees.toFixed(TOGETHER)).join();
    const place = places.get(key) ?? { at, elements: [] };
    place.elements.push(element);
    places.set(key, place);
  }
  return places.values();
}

function wordsOf(element) {
  const cells = [...element.querySelectorAll("th, td")].slice(0, 2).reverse();
  return element.dataset.label ?? cells.map((cell) => cell.textContent.trim()).join(", ");
}

function linksOf(elements) {
  const list = document.createElement("div");
  for (const element of elements) {
    const link = list.appendChild(document.createElement("a"));
    link.href = element.querySelector(LINKS).href;
    link.textContent = wordsOf(element);
  }
  return list;
}

function textNode(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

// A point leads to its read or its unit; several at one place are offered one by one.
function showPlace(map, { at, elements }) {
  const mark = MARKS.find((each) => elements.some((element) => element.dataset.mark === each)) ?? "";
  const links = elements.filter((element) => element.querySelector(LINKS));
  const point = L.circleMarker(at, {
    className: `place ${mark}`,
    radius: Math.min(16, 8 + Math.log2(elements.length)),
    interactive: links.length > 0 || elements[0].tagName === "TR",
  }).addTo(map);
  if (elements[0].tagName !== "TR") {
    return;
  }
  const isNamed = elements.some((element) => element.dataset.label);
  const kind = isNamed ? "units" : "reads";
  const text = links.length > 1 ? `${links.length} ${kind} here` : elements.map(wordsOf).join("; ");
  point.bindTooltip(textNode(text), { permanent: isNamed, direction: "auto" });
  if (links.length === 1) {
    point.on("click", () => location.assign(links[0].querySelector(LINKS).href));
  } else if (links.length > 1) {
    point.bindPopup(linksOf(links), { closeButton: false });
  }
  if (isNamed) {
    elements.forEach((element) => pointOut(map, point, element));
  }
}

// Whoever goes through the list sees which point each line means.
function pointOut(map, point, element) {
  const show = (isMeant) => point.getElement()?.classList.toggle("meant", isMeant);
  element.addEventListener("focusin", () => {
    show(true);
    map.panInside(point.getLatLng(), { padding: [30, 30], animate: false });
  });
  element.addEventListener("focusout", () => show(false));
  element.addEventListener("mouseenter", () => show(true));
  element.addEventListener("mouseleave", () => show(element.contains(document.activeElement)));
}

function showPage(section) {
  const map = showGround(section);
  const bounds = L.latLngBounds([]);
  const area = section.dataset.area ? areaOf(section.dataset.area) : null;
  if (area) {
    bounds.extend(area.addTo(map).getBounds());
  }
  for (const element of document.querySelectorAll("[data-canvass]")) {
    const canvass = areaOf(element.dataset.canvass, { className: "area canvass", interactive: true });
    bounds.extend(canvass.addTo(map).bindTooltip(textNode(element.textContent), { sticky: true }).getBounds());
  }
  for (const place of placesOf(document)) {
    showPlace(map, place);
    bounds.extend(place.at);
  }
  lookAt(section, map, bounds);
  document.querySelector("svg.map")?.remove(); // the plan of units, where there is no script
}

for (const section of document.querySelectorAll(".ground-map")) {
  if ("draws" in section.dataset) {
    drawArea(section, showGround(section));
  } else {
    showPage(section);
  }
}

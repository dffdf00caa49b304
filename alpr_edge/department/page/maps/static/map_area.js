// Draws the area of a search: each touch sets a corner, and what is drawn stands in the fields of the form, which hold.
import { areaOf, lookAt, say } from "./map_ground.js";

const CORNERS_MAX = 32;
const DECIMALS = 6; // of a degree: a tenth of a metre
const HOW = {
  rectangle: "Touch two opposite corners. By keyboard: move with the arrow keys, set a corner with Enter.",
  corners: "Touch each corner in order around the area, then Corners again. Enter sets one in the middle.",
};

export function drawArea(section, map) {
  const form = section.closest("form");
  const [at, radius, corners] = ["at", "radius", "corners"].map((name) => form.elements[name]);
  let way = ""; // how an area is drawn at present; empty: none is
  let points = [];
  let shown = null;

  function show() {
    shown?.remove();
    const place = at.value.trim() ? `${at.value.replaceAll(" ", "")},${radius.value}` : "";
    const drawn = points.length ? L.polyline(points, { className: "area", interactive: false }) : null;
    shown = drawn ?? areaOf(corners.value || place);
    shown?.addTo(map);
  }

  function begin(chosen) {
    [way, points] = [chosen, []];
    for (const name of Object.keys(HOW)) {
      section.querySelector(`[data-do=${name}]`).setAttribute("aria-pressed", String(name === way));
    }
    map.getContainer().classList.toggle("draws", way !== "");
    say(section, HOW[way] ?? "");
    show();
  }

  function end(some) {
    corners.value = some.map(({ lat, lng }) => `${lat.toFixed(DECIMALS)},${lng.toFixed(DECIMALS)}`).join(" ");
    at.value = "";
    begin("");
    say(section, `The area has ${some.length} corners.`);
  }

  function addCorner(place) {
    points.push(place.wrap());
    if (way === "rectangle" && points.length === 2) {
      const box = L.latLngBounds(points);
      end([box.getSouthWest(), box.getNorthWest(), box.getNorthEast(), box.getSouthEast()]);
    } else if (points.length === CORNERS_MAX) {
      end(points);
    } else {
      show();
    }
  }

  function press(name) {
    if (name === "clear") {
      [corners.value, at.value] = ["", ""];
      begin("");
    } else if (name === "corners" && way === name && points.length > 2) {
      end(points);
    } else {
      begin(way === name ? "" : name);
    }
  }

  for (const name of [...Object.keys(HOW), "clear"]) {
    section.querySelector(`[data-do=${name}]`).addEventListener("click", () => press(name));
  }
  map.on("click", ({ latlng }) => way && addCorner(latlng));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && way) {
      event.preventDefault(); // nor does it send the form
      addCorner(map.getCenter());
    }
  });
  for (const field of [at, radius, corners]) {
    field.addEventListener("input", () => begin(""));
  }
  show();
  if (shown) {
    lookAt(section, map, shown.getBounds());
  }
}

// A map of Leaflet with what lies beneath reads: outlines, and streets where the department has a file of them.
// Nothing makes HTML of text, which the policy of pages forbids: so the buttons and the scale are our own.
const ZOOM_MIN = 3;
const ZOOM_MAX = 19;
const NEAR_ZOOM = 16;
const COUNTY_ZOOM = 9; // a single place among the borders of counties, where there is nothing nearer to show
const SCALE_PX_MAX = 160;

export const say = (section, text) => {
  section.querySelector(".ground-said").textContent = text;
};

// South, west, north and east in degrees.
function boundsOf(text) {
  const [south, west, north, east] = text.split(",").map(Number);
  return L.latLngBounds([south, west], [north, east]);
}

export function showGround(section) {
  section.hidden = false;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map(section.querySelector(".ground"), {
    attributionControl: false,
    zoomControl: false,
    minZoom: ZOOM_MIN,
    maxZoom: ZOOM_MAX,
    zoomAnimation: !isStill,
    fadeAnimation: !isStill,
    renderer: L.svg({ padding: 0.5 }),
  });
  map.fitBounds(boundsOf(section.dataset.box));
  showScale(map);
  for (const [name, by] of [["nearer", 1], ["farther", -1]]) {
    section.querySelector(`[data-do=${name}]`).addEventListener("click", () => map.setZoom(map.getZoom() + by));
  }
  showOutlines(section, map);
  if (section.dataset.streets) {
    showStreets(section, map);
  }
  return map;
}

// What a page has to show, in view, yet no nearer than what lies beneath is told apart.
export function lookAt(section, map, bounds) {
  if (bounds.isValid()) {
    const isPlace = bounds.getNorthEast().equals(bounds.getSouthWest());
    const maxZoom = isPlace && !section.dataset.streets ? COUNTY_ZOOM : NEAR_ZOOM;
    map.fitBounds(bounds, { maxZoom, padding: [30, 30], animate: false });
  }
}

// Text as searches have it: latitude, longitude and metres, or two and more corners.
export function areaOf(text, options) {
  const points = text.trim().split(/\s+/).map((part) => part.split(",").map(Number));
  const style = { className: "area", interactive: false, ...options };
  if (!text.trim() || points.flat().some(Number.isNaN)) {
    return null;
  }
  if (points.length > 1) {
    return points.every((point) => point.length === 2) ? L.polygon(points, style) : null;
  }
  const [lat, lon, radius] = points[0];
  return radius > 0 ? L.circle([lat, lon], { ...style, radius }) : null;
}

async function showOutlines(section, map) {
  try {
    const answer = await fetch(section.dataset.outlines);
    const { scale_deg: scale, start_deg: start, lines } = await answer.json();
    for (const [kind, some] of Object.entries(lines)) {
      const drawn = some.map((steps) => placesOf(steps, scale, start));
      L.polyline(drawn, { className: `outline ${kind}`, interactive: false }).addTo(map).bringToBack();
    }
    section.dataset.state = "drawn";
  } catch {
    say(section, "The outlines could not be loaded; load the page again.");
  }
}

// Whole steps of a grid, east and north by turns, each from the last.
function placesOf(steps, [east, north], [lon, lat]) {
  const places = [];
  let [x, y] = [0, 0];
  for (let index = 0; index + 1 < steps.length; index += 2) {
    x += steps[index];
    y += steps[index + 1];
    places.push([lat + y * north, lon + x * east]);
  }
  return places;
}

function isNight() {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "night" : matchMedia("(prefers-color-scheme: dark)").matches;
}

// The file is read by parts; its colours go with the page's.
function showStreets(section, map) {
  let layer = null;
  const paint = () => {
    layer?.remove();
    const { streets: url, streetsZoom } = section.dataset;
    const colours = { flavor: isNight() ? "dark" : "light", attribution: "", noWrap: true };
    layer = protomapsL.leafletLayer({ url, maxDataZoom: Number(streetsZoom), ...colours });
    layer.addTo(map);
  };
  paint();
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

function showScale(map) {
  const bar = map.getContainer().appendChild(document.createElement("div"));
  bar.className = "ground-scale";
  bar.setAttribute("aria-hidden", "true");
  const show = () => {
    const middle = map.getSize().y / 2;
    const [left, right] = [0, SCALE_PX_MAX].map((x) => map.containerPointToLatLng([x, middle]));
    const widest = map.distance(left, right);
    const power = 10 ** Math.floor(Math.log10(widest));
    const metres = [5, 2, 1].map((digit) => digit * power).find((each) => each <= widest);
    bar.style.width = `${Math.round((metres / widest) * SCALE_PX_MAX)}px`;
    bar.textContent = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  };
  map.on("zoomend moveend", show);
  show();
}

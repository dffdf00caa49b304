// Chooses the place of a search on a map of streets; the fields of the form hold it.
import { areaOf, lookAt, say, showGround } from "./map_ground.js";

const DECIMALS = 5; // of a degree: a meter

function choosePlaces(section) {
  const form = section.closest("form");
  const [place, at, radius] = ["place", "at", "radius"].map((name) => form.elements[name]);
  const map = showGround(section);
  let shown = null;

  function show() {
    shown?.remove();
    shown = place.value === "at" ? areaOf(`${at.value.replaceAll(" ", "")},${radius.value}`) : null;
    shown?.addTo(map);
  }

  function choose({ lat, lng }) {
    at.value = `${lat.toFixed(DECIMALS)}, ${lng.toFixed(DECIMALS)}`;
    place.value = "at";
    show();
  }

  map.on("click", ({ latlng }) => choose(latlng.wrap()));
  map.getContainer().classList.add("draws");
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // nor does it send the form
      choose(map.getCenter());
    }
  });
  for (const field of [place, at, radius]) {
    field.addEventListener("input", show);
  }
  say(section, "Touch the place. By keyboard: move with the arrow keys, choose the middle with Enter.");
  show();
  if (shown) {
    lookAt(section, map, shown.getBounds());
  }
}

for (const section of document.querySelectorAll(".ground-map")) {
  choosePlaces(section);
}

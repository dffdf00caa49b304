// Asks for the present picture of each camera again, while somebody looks.
const EVERY_MS = 2000;

setInterval(() => {
  if (document.hidden) {
    return;
  }
  for (const image of document.querySelectorAll(".cameras img")) {
    if (image.complete) {
      image.src = `${image.src.split("?")[0]}?${Math.round(performance.now())}`;
    }
  }
}, EVERY_MS);

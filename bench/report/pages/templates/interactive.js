// Puts a chart with tooltips in place of each static picture; where that fails the picture stays.
document.querySelectorAll(".chart[data-spec]").forEach(async (place) => {
  const spec = JSON.parse(document.getElementById(place.dataset.spec).textContent);
  const stage = document.createElement("div");
  try {
    await vegaEmbed(stage, spec, { actions: false, renderer: "svg", tooltip: { theme: "light" } });
    const drawn = stage.querySelector("svg");
    drawn.setAttribute("aria-hidden", "true");
    place.replaceChildren(stage);
  } catch (error) {
    console.error(error);
  }
});

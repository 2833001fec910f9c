// Adds to the space-time diagram: hover and keyboard through what led to an event. Without it the page loses nothing.
for (const figure of document.querySelectorAll("[data-spacetime]")) {
  const told = figure.querySelector(".told");
  figure.querySelector(".keys").hidden = false;
  for (const svg of figure.querySelectorAll("svg")) {
    const events = [...svg.querySelectorAll("[data-event]")];
    const at = new Map(events.map((event) => [event.dataset.event, event]));
    const arrows = new Map([...svg.querySelectorAll("[data-arrow]")].map((arrow) => [arrow.dataset.arrow, arrow]));
    const numbers = (text) => text.split(" ").filter(Boolean);
    const ordered = [...events].sort((one, other) => one.dataset.event - other.dataset.event);

    const show = (event) => {
      const past = new Set([event]);
      for (const each of past) {
        for (const number of numbers(each.dataset.ways)) {
          past.add(arrows.get(number));
          past.add(at.get(arrows.get(number).dataset.source));
        }
        if (each.dataset.before) past.add(at.get(each.dataset.before));
      }
      svg.classList.add("asked");
      for (const each of [...events, ...arrows.values()]) each.classList.toggle("past", past.has(each));
      told.textContent = event.getAttribute("aria-label");
    };
    // What an arrow led to has no `ways` and no `before` of its own.
    for (const arrow of arrows.values()) Object.assign(arrow.dataset, { ways: "", before: "" });
    const forget = () => { svg.classList.remove("asked"); told.textContent = ""; };
    const go = (event) => {
      if (!event) return;
      for (const each of events) each.setAttribute("tabindex", each === event ? "0" : "-1");
      event.focus();
    };
    const along = (event, by) => {
      const line = ordered.filter((each) => each.dataset.line === event.dataset.line);
      return line[line.indexOf(event) + by];
    };
    const across = (event, back) => {
      if (back) return numbers(event.dataset.ways).map((number) => at.get(arrows.get(number).dataset.source))[0];
      const left = [...arrows.values()].find((arrow) => arrow.dataset.source === event.dataset.event && arrow.dataset.target);
      return left && at.get(left.dataset.target);
    };
    const keys = {
      ArrowUp: (event) => along(event, -1),
      ArrowDown: (event) => along(event, 1),
      ArrowLeft: (event) => across(event, true),
      ArrowRight: (event) => across(event, false),
      Home: () => ordered[0],
      End: () => ordered[ordered.length - 1],
    };
    for (const event of events) {
      event.setAttribute("role", "img");
      event.setAttribute("tabindex", "-1");
      event.addEventListener("focus", () => show(event));
      event.addEventListener("blur", forget);
      event.addEventListener("mouseenter", () => show(event));
      event.addEventListener("mouseleave", () => (events.includes(document.activeElement) ? show(document.activeElement) : forget()));
      event.addEventListener("keydown", (pressed) => {
        if (!(pressed.key in keys)) return;
        pressed.preventDefault();
        go(keys[pressed.key](event));
      });
    }
    const witnesses = ordered.filter((event) => "witness" in event.dataset);
    const last = witnesses[witnesses.length - 1] || ordered[0];
    if (last) last.setAttribute("tabindex", "0");
  }
}

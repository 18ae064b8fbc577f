// A choice to see only what is open, above the answers and above the register. Nothing depends on it: without it, and on paper, everything is there.
for (const field of document.querySelectorAll(".filter")) {
  const items = [...document.querySelectorAll("." + field.dataset.of)];
  const open = items.filter((item) => ["proposed", "stale", "unanswered"].includes(item.dataset.state));
  if (open.length === 0 || open.length === items.length) continue;
  const status = field.querySelector("[role=status]");
  const show = (all) => {
    for (const item of items) item.classList.toggle("filtered", !all && !open.includes(item));
    status.textContent = all ? `All ${items.length} are shown.` : `${open.length} of ${items.length} are shown. Printed are all.`;
  };
  field.addEventListener("change", (event) => show(event.target.value === "all"));
  // A link to something that is not shown shows it.
  addEventListener("hashchange", () => {
    const target = document.getElementById(location.hash.slice(1));
    if (!target?.closest(".filtered")) return;
    field.querySelector("[value=all]").checked = true;
    show(true);
    target.scrollIntoView();
  });
  field.hidden = false;
}

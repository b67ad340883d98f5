"use strict";
(() => {
  const form = document.querySelector("form");
  const settings = JSON.parse(form.dataset.settings);
  const told = document.getElementById("told");
  const questions = [...form.querySelectorAll("fieldset.question")];
  const value = (name) => (form.elements[name] ? form.elements[name].value.trim() : "");
  let unsaved = false;

  function today() {
    const now = new Date();
    return new Date(now - now.getTimezoneOffset() * 60000).toISOString().slice(0, 10);
  }

  function begin() {
    form.reset();
    form.elements.answered_on.value = form.elements.answered_on.max = today();
    unsaved = false;
    count();
  }

  function count() {
    const answered = questions.filter((question) => question.querySelector(":checked")).length;
    document.getElementById("count").textContent =
      `${answered} ${settings.words.of} ${questions.length} ${settings.words.answered}`;
  }

  function complete() {
    for (const input of form.querySelectorAll("input[required]")) {
      const missing = input.type === "radio" ? settings.words.choose : settings.words.fill_in;
      input.setCustomValidity(value(input.name) ? "" : missing);
    }
    return form.reportValidity();
  }

  function cell(text) {
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function save() {
    const row = settings.columns.map((name) => (name === "instrument" ? settings.stamp : value(name)));
    const text = [settings.columns, row].map((cells) => cells.map(cell).join(",") + "\n").join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    // The name of the file says nothing of the person, and is a new one each time.
    link.download = `${settings.name}-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsaved = false;
    told.textContent = settings.words.saved;
  }

  form.addEventListener("input", (event) => {
    event.target.setCustomValidity("");
    for (const one of form.querySelectorAll(`[name="${event.target.name}"]`)) one.setCustomValidity("");
    unsaved = true;
    told.textContent = "";
    count();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (complete()) save();
  });
  document.getElementById("clear").addEventListener("click", () => {
    if (unsaved && !window.confirm(settings.words.sure)) return;
    begin();
    told.textContent = "";
    form.elements.client_id.focus();
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
  window.addEventListener("pageshow", begin); // nothing is left over from a page that was gone back to
})();

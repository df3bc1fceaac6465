// Takes files that are dropped anywhere on the page; without it a browser would leave the page and show the file.
"use strict";
(function () {
  const field = document.querySelector("form.drop input[type=file]");
  const mark = (over) => { if (field) { field.form.classList.toggle("over", over); } };
  document.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) { mark(false); } });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (field && event.dataTransfer.files.length) {
      field.files = event.dataTransfer.files;
      field.form.requestSubmit();
    }
  });
})();

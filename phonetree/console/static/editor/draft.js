// Edit as text: an editor with problems at their lines and completion of names, and what the texts change, said while
// somebody types. Without scripts the page has plain fields, and a button that says the same.
import { refusal } from "../refusal.js";

const PAUSE_MS = 400;
const AGAIN_MS = 1500;

const form = document.querySelector("form[data-check]");
const summary = document.getElementById("summary");
const checked = document.getElementById("checked");
const editor = await import(form.dataset.editor);

// -- how it looks: the page's own colours, in light and in dark

const look = editor.EditorView.theme({
  "&": { backgroundColor: "var(--bs-body-bg)", border: "1px solid var(--bs-secondary-color)", color: "var(--bs-body-color)", fontSize: "0.9375rem" },
  "&.cm-focused": { outline: "3px solid var(--bs-link-color)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--bs-font-monospace)", maxHeight: "70vh" },
  ".cm-content": { caretColor: "var(--bs-body-color)" },
  ".cm-cursor": { borderLeftColor: "var(--bs-body-color)" },
  ".cm-gutters": { backgroundColor: "var(--bs-tertiary-bg)", border: "none", color: "var(--bs-secondary-color)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--bs-body-color) 6%, transparent)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--bs-tertiary-bg)", border: "1px solid var(--bs-secondary-color)", color: "var(--bs-body-color)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--bs-link-color)", color: "var(--bs-body-bg)" },
  ".cm-deletedChunk": { backgroundColor: "color-mix(in srgb, #b02a37 20%, transparent)" },
});
const colours = editor.HighlightStyle.define([
  { tag: editor.tags.definition(editor.tags.propertyName), color: "var(--bs-link-color)" },
  { tag: editor.tags.comment, color: "var(--bs-secondary-color)", fontStyle: "italic" },
]);
const dark = matchMedia("(prefers-color-scheme: dark)");

// -- names to complete: nodes, teams and lines, as routing.yaml has them now

const KINDS = { nodes: "node", teams: "team", resources: "line" };

const names = () => {
  const found = [];
  let kind;
  for (const line of texts.get("routing.yaml")?.area.value.split("\n") ?? []) {
    const top = /^([a-z_]+):/.exec(line);
    const name = /^ {1,4}([A-Za-z_][\w-]*):/.exec(line);
    if (top) {
      kind = KINDS[top[1]];
    } else if (kind && name && (found.at(-1)?.detail !== kind || found.at(-1).indent === line.search(/\S/))) {
      found.push({ label: name[1], detail: kind, indent: line.search(/\S/) });
    }
  }
  return found;
};

const complete = (context) => {
  const word = context.matchBefore(/(?:[:,[{]\s*|\{)[\w-]*$/);
  if (!word || (word.text.search(/[\w-]+$/) < 0 && !context.explicit)) {
    return null;
  }
  const typed = /[\w-]*$/.exec(word.text)[0];
  return { from: context.pos - typed.length, options: names(), validFor: /^[\w-]*$/ };
};

// -- one editor for each text, in place of its field

const texts = new Map();

const put = (area, name) => {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" }); // there its styles need no exception from the page's policy
  area.after(host);
  area.hidden = true;
  const difference = new editor.Compartment();
  const view = new editor.EditorView({
    parent: root,
    root,
    state: editor.EditorState.create({
      doc: area.value,
      extensions: [
        editor.lineNumbers(), editor.lintGutter(), editor.foldGutter(), editor.history(), editor.drawSelection(),
        editor.dropCursor(), editor.indentOnInput(), editor.bracketMatching(), editor.highlightActiveLine(),
        editor.highlightActiveLineGutter(), editor.highlightSelectionMatches(),
        editor.yaml(), editor.syntaxHighlighting(colours), editor.autocompletion({ override: [complete] }),
        editor.keymap.of([
          ...editor.completionKeymap, ...editor.defaultKeymap, ...editor.searchKeymap, ...editor.historyKeymap,
          ...editor.foldKeymap, ...editor.lintKeymap,
        ]),
        editor.EditorView.lineWrapping, look, editor.EditorView.darkTheme.of(dark.matches), difference.of([]),
        editor.EditorView.contentAttributes.of({ "aria-label": name, spellcheck: "false", tabindex: "0" }),
        editor.EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            area.value = update.state.doc.toString();
            changed();
          }
        }),
      ],
    }),
  });
  form.querySelector(`label[for="${CSS.escape(area.id)}"]`).addEventListener("click", (event) => {
    event.preventDefault();
    view.focus();
  });
  texts.set(name, { area, view, difference, began: area.value });
};

const place = (state, line, column) => {
  const at = state.doc.line(Math.min(Math.max(line, 1), state.doc.lines));
  return Math.min(at.from + Math.max(column - 1, 0), at.to);
};

const mark = (problems) => {
  for (const [name, { view }] of texts) {
    const found = problems.filter((each) => each.file === name).map((each) => {
      const from = place(view.state, each.line, each.column);
      const rest = view.state.doc.lineAt(from);
      const word = /^[\w$+-]*/.exec(view.state.sliceDoc(from, rest.to))[0];
      return { from, to: from + word.length, severity: "error", message: each.text };
    });
    view.dispatch(editor.setDiagnostics(view.state, found.sort((one, other) => one.from - other.from)));
  }
};

// -- what the texts change, while somebody types

let waiting = 0;
let written = 0; // how often something was typed: an answer about an older text is dropped
let asking = false;

const say = (text) => {
  if (summary.textContent !== text) {
    summary.textContent = text;
  }
};

const later = (wait) => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, wait);
};

const changed = () => {
  written += 1;
  later(PAUSE_MS);
};

const answered = async (answer) => {
  if (answer.status === 401) {
    return say("You are signed out. What you wrote stays here: sign in in another tab, and go on.");
  }
  if (!answer.headers.get("content-type")?.startsWith("application/json")) {
    checked.replaceChildren(); // what stood there was said of an older text
    const why = answer.status === 403 ? await refusal(answer) : "";
    return say(`This could not be checked just now. What you wrote stays here. ${why}`.trim());
  }
  const told = await answer.json();
  const page = new DOMParser().parseFromString(told.html, "text/html");
  checked.replaceChildren(...page.body.childNodes);
  mark(told.problems);
  say(told.summary);
};

const ask = async () => {
  if (asking) {
    return; // asked again when the answer is there
  }
  const about = written;
  asking = true;
  try {
    const headers = { Accept: "application/json" };
    const answer = await fetch(form.dataset.check, { method: "POST", headers, body: new FormData(form) });
    if (answer.status === 429) {
      later(AGAIN_MS); // others have something checked
    } else if (about === written) {
      await answered(answer);
    }
  } catch {
    say("The console cannot be reached. What you wrote stays here.");
  } finally {
    asking = false;
  }
  if (about !== written) {
    later(0);
  }
};

for (const area of form.querySelectorAll("textarea")) {
  put(area, area.id);
}

// A problem of the list leads to its place, and so do what both changed and a link on another page.
const go = (text, line, column) => {
  const at = place(text.view.state, Number(line), Number(column));
  text.view.dispatch({ selection: { anchor: at }, effects: editor.EditorView.scrollIntoView(at, { y: "center" }) });
  text.view.focus();
};

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const text = link && texts.get(link.dataset.file);
  if (text) {
    event.preventDefault();
    go(text, link.dataset.line, link.dataset.column);
  }
});

const opened = new URLSearchParams(location.search);
const there = opened.has("line") && texts.get(location.hash.slice(1));
if (there) {
  go(there, opened.get("line"), opened.get("column"));
}

const shows = document.getElementById("show-changes");
shows.closest("[hidden]").hidden = false;
shows.addEventListener("change", () => {
  for (const [name, { view, difference }] of texts) {
    const original = document.getElementById(`base-${name}`)?.content.textContent ?? "";
    const shown = shows.checked ? editor.unifiedMergeView({ original, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 4 } }) : [];
    view.dispatch({ effects: difference.reconfigure(shown) });
  }
});

let sent = false;
form.addEventListener("submit", () => {
  sent = true;
});
addEventListener("pageshow", () => {
  sent = false;
});
addEventListener("beforeunload", (event) => {
  const unsaved = form.dataset.unsaved || [...texts.values()].some(({ area, began }) => area.value !== began);
  if (unsaved && !sent) {
    event.preventDefault();
  }
});

form.dataset.ready = "yes";
later(0);

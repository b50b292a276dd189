// The sheet to draw on. gr.HTML runs this with `element`, `props`, `trigger` and `watch` when it has built canvas.py's HTML.
//
// A stroke is a list of points [x, y] in the sheet's own units. The component's value is all strokes as JSON, and its
// `input` event tells of a stroke, an undo, a redo or a clear.

const sheet = element.querySelector("svg");
const ink = sheet.querySelector("g");
const LEAST_STEP = 1.5; // closer points than this add nothing but bytes

let strokes = []; // none of these lists is ever changed, so that the past may keep them
let past = [];
let future = [];
let pen = null; // while a stroke is drawn: its pointer, its points and its path

// Through the points by curves that meet halfway between them; canvas.py draws the same curves.
const pathOf = (points) => {
  let path = `M${points[0]}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    path += `Q${x},${y} ${(x + nextX) / 2},${(y + nextY) / 2}`;
  }
  return `${path}L${points.at(-1)}`;
};

const paint = (points) => {
  const path = document.createElementNS(sheet.namespaceURI, "path");
  path.setAttribute("d", pathOf(points));
  ink.append(path);
  return path;
};

const repaint = () => {
  ink.replaceChildren();
  strokes.forEach(paint);
};

const show = (next) => {
  strokes = next;
  repaint();
  props.value = JSON.stringify(strokes);
  trigger("input");
};

const change = (next) => {
  past.push(strokes);
  future = [];
  show(next);
};

const move = (from, to) => {
  if (pen || !from.length) return;
  to.push(strokes);
  show(from.pop());
};

const actions = {
  undo: () => move(past, future),
  redo: () => move(future, past),
  clear: () => !pen && strokes.length && change([]),
};

const pointAt = (event) => {
  const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(sheet.getScreenCTM().inverse());
  return [Math.round(x * 10) / 10, Math.round(y * 10) / 10];
};

const extend = (event) => {
  const [lastX, lastY] = pen.points.at(-1);
  const [x, y] = pointAt(event);
  if (Math.hypot(x - lastX, y - lastY) >= LEAST_STEP) pen.points.push([x, y]);
};

sheet.addEventListener("pointerdown", (event) => {
  // Only one pointer draws: a second finger, or the hand that rests beside a pen, does nothing.
  if (pen || event.button !== 0) return;
  sheet.setPointerCapture(event.pointerId);
  const points = [pointAt(event)];
  pen = { pointer: event.pointerId, points, path: paint(points) };
});

sheet.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pen?.pointer) return;
  const events = event.getCoalescedEvents?.() ?? [];
  (events.length ? events : [event]).forEach(extend);
  pen.path.setAttribute("d", pathOf(pen.points));
});

const end = (event) => {
  if (event.pointerId !== pen?.pointer) return;
  const { points } = pen;
  pen = null;
  change([...strokes, points]);
};
for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) sheet.addEventListener(name, end);

sheet.addEventListener("keydown", (event) => {
  const key = event.key.toLowerCase();
  const held = event.ctrlKey || event.metaKey;
  const action =
    held && key === "z" ? (event.shiftKey ? "redo" : "undo")
    : held && key === "y" ? "redo"
    : key === "delete" ? "clear"
    : null;
  if (!action) return;
  event.preventDefault();
  actions[action]();
});

// The buttons below the sheet send these.
for (const [name, action] of Object.entries(actions)) sheet.addEventListener(name, action);

// The value may be set from outside, and a sheet whose label changes with the language is built again, empty.
const restore = () => {
  strokes = JSON.parse(props.value || "[]");
  repaint();
};
watch(["value", "label"], restore);
restore();

// The page: consoles on the left, one of them on the right.
import { Terminal } from './xterm/xterm.mjs';
import { FitAddon } from './xterm/addon-fit.mjs';
import { enter, who } from './session.js';
import { Line } from './attach.js';
import * as status from './status.js';

const kListInterval = 5000;
const kMostShown = 500; // names; the filter finds the others
const kSignIn = 'Not signed in. Run "conctl web" where consoled runs, and open the address that it prints.';
const byId = (id) => document.getElementById(id);
const encoder = new TextEncoder();

const terminal = new Terminal({ scrollback: 10000, cursorBlink: true, convertEol: false });
const fit = new FitAddon();
terminal.loadAddon(fit);
terminal.open(byId('terminal'));

let line = null;
let consoles = [];
let viewers = [];

function notice(text) {
  byId('notice').textContent = text;
  byId('notice').hidden = text === '';
}

const window_ = () => ({ rows: terminal.rows, cols: terminal.cols });

terminal.onData((text) => line?.keys(encoder.encode(text)));
terminal.onBinary((text) => line?.keys(Uint8Array.from(text, (c) => c.charCodeAt(0))));
terminal.onResize(() => line?.resize(window_()));
new ResizeObserver(() => fit.fit()).observe(byId('terminal'));

const told = {
  bytes: (bytes, shown) => terminal.write(bytes, shown),
  // Words of consoled, which may mean that the console is in another state.
  text(text, shown) {
    terminal.write(text.replace(/\n/g, '\r\n'), shown);
    list();
  },
  state(state) { byId('state').textContent = state; },
  attached(again) {
    notice('');
    if (!again) terminal.reset();
    byId('break').hidden = false;
    list();
  },
  refused(message) {
    byId('break').hidden = true;
    byId('state').textContent = '';
    notice(message);
  },
  // It goes on by itself, unless nobody is signed in any more.
  async lost() {
    if (await signedOut()) notice(kSignIn + ' This page then goes on.');
  },
};

// False, too, where nobody answers.
async function signedOut() {
  try {
    return await who() === null;
  } catch {
    return false;
  }
}

function choose(name) {
  line?.close();
  terminal.reset();
  byId('name').textContent = name;
  document.title = name;
  history.replaceState(null, '', '#console=' + encodeURIComponent(name));
  line = new Line(name, window_(), told);
  draw();
  terminal.focus();
}

function span(name, text) {
  const out = document.createElement('span');
  out.className = name;
  out.textContent = text;
  return out;
}

function item(console) {
  const button = document.createElement('button');
  button.append(span('name', console.console));
  if (console.viewers > 0) button.append(span('viewers', '\u25cf'.repeat(Math.min(console.viewers, 3))));
  button.append(span('state ' + status.mood(console), status.state(console)));
  button.title = status.why(console);
  button.setAttribute('aria-current', String(line?.name === console.console));
  button.onclick = () => choose(console.console);
  const li = document.createElement('li');
  li.append(button);
  return li;
}

// Each word of the filter is somewhere in what is known of the console.
function drawList() {
  const words = byId('filter').value.toLowerCase().split(/\s+/);
  const found = consoles.filter((c) => { const all = status.words(c); return words.every((w) => all.includes(w)); });
  byId('list').replaceChildren(...found.slice(0, kMostShown).map(item));
  const down = consoles.filter((c) => c.failed).length;
  byId('count').textContent = (found.length === consoles.length ? '' : found.length + ' of ') +
    consoles.length + (consoles.length === 1 ? ' console' : ' consoles') + (down > 0 ? ', ' + down + ' down' : '') +
    (found.length > kMostShown ? '; the first ' + kMostShown + ' are shown' : '');
}

function drawChosen() {
  const console = consoles.find((c) => c.console === line?.name);
  byId('about').hidden = console === undefined;
  byId('how').textContent = console ? status.state(console) : '';
  byId('how').className = console ? status.mood(console) : '';
  if (!console) return;
  byId('why').textContent = console.driver + ', ' + status.why(console);
  byId('who').textContent = status.who(viewers, console.console, line.viewer);
}

function draw() {
  drawList();
  drawChosen();
}

const get = async (path) => (await fetch(path)).json();

async function list() {
  try {
    const next = (await get('/v1/consoles')).consoles;
    viewers = line ? (await get('/v1/viewers')).viewers : [];
    next.sort((a, b) => a.console.localeCompare(b.console, undefined, { numeric: true }));
    const same = JSON.stringify(next) === JSON.stringify(consoles);
    consoles = next;
    if (same) drawChosen();
    else draw();
    if (!line) {
      byId('state').textContent = '';
      notice(await signedOut() ? kSignIn : consoles.length > 0 ? '' : 'No consoles yet: "conctl create" defines them.');
    }
  } catch {
    byId('state').textContent = 'no connection';
  }
}

byId('filter').oninput = draw;
byId('break').onclick = () => {
  line?.command({ cmd: 'break', number: 1 });
  terminal.focus();
};

// An address of "conctl web" that is opened where the page is already.
addEventListener('hashchange', async () => {
  if (await enter() !== null && line) history.replaceState(null, '', '#console=' + encodeURIComponent(line.name));
  list();
});

const wanted = /[#&]console=([^&]+)/.exec(location.hash);
const user = await enter();
fit.fit();
await list();
setInterval(list, kListInterval);
if (user !== null && wanted) choose(decodeURIComponent(wanted[1]));
else if (user !== null && consoles.length === 1) choose(consoles[0].console);

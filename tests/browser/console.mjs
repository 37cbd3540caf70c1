// console.mjs SCENARIO: Debian's chromium at the page of a real consoled, which browser.bats started.
// Says what it did not see, and ends with 1 then.
//
// LM_NODE_MODULES: where playwright-core is. LM_AGAIN: a command that kills consoled and starts it
// again. LM_PIN: for consoled under TLS, the base name of a client's certificate and key.
// LM_SHOTS: a folder for pictures of the page, for people to look at.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const { chromium } = createRequire(process.env.LM_NODE_MODULES + '/')('playwright-core');
const kPatience = 20000 * Number(process.env.LM_PATIENCE ?? 1);

const run = (program, ...args) => execFileSync(program, args, { encoding: 'utf8' });
const conctl = (...args) => run('conctl', ...args);
const entry = () => conctl('web').trim();

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});

async function newPage() {
  const options = { viewport: { width: 1000, height: 700 } };
  if (process.env.LM_PIN) {
    options.ignoreHTTPSErrors = true;
    options.clientCertificates = [{
      origin: new URL(entry()).origin,
      certPath: process.env.LM_PIN + '.crt',
      keyPath: process.env.LM_PIN + '.key',
    }];
  }
  return (await browser.newContext(options)).newPage();
}

const wrong = [];
const page = await newPage();
page.on('pageerror', (error) => wrong.push('error in the page: ' + error.message));
page.on('console', (message) => {
  // What the browser says of an answer that is expected: nobody is signed in, nobody is there.
  const expected = /401|ERR_CONNECTION_REFUSED|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/;
  if (message.type() === 'error' && !expected.test(message.text())) wrong.push(message.text());
});
// All bytes of consoles that came over any websocket, in order.
let came = Buffer.alloc(0);
page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
  if (typeof payload !== 'string') came = Buffer.concat([came, payload]);
}));

const screen = async () => (await page.locator('.xterm-rows > div').allTextContents())
  .map((row) => row.replace(/\u00a0/g, ' ').trimEnd()).join('\n');
const text = (id) => page.locator('#' + id).textContent();

async function until(what, condition) {
  const end = Date.now() + kPatience;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('not seen: ' + what + '\n' + await text('notice') + '\n' + await screen());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

let shots = 0;
async function picture(what) {
  shots++;
  if (process.env.LM_SHOTS) await page.screenshot({ path: process.env.LM_SHOTS + '/' + process.argv[2] + shots + '-' + what + '.png' });
}

const times = (all, what) => all.split(what).length - 1;
const item = (name) => page.locator('#list button', { has: page.getByText(name, { exact: true }) });
const attached = () => until('attached', async () => await text('state') === 'attached');

// Whatever was clicked last: the keys go to the terminal.
async function type(words) {
  await page.keyboard.type(words);
  await page.keyboard.press('Enter');
}

async function open(name) {
  await item(name).click();
  await until(name, async () => await text('name') === name);
  await attached();
}

async function enter() {
  await page.goto(entry());
  await until('the list', async () => await page.locator('#list button').count() > 0);
  if (page.url().includes('token')) throw new Error('the token stays in the address bar');
}

// --- What is looked at

async function stranger() {
  await page.goto(entry().replace(/#.*/, ''));
  await page.getByText('Run "conctl web"').waitFor({ timeout: kPatience });
  await picture('stranger');
  // The address is good once.
  const url = entry();
  await page.goto(url);
  await until('an open page', async () => await page.locator('#notice').isHidden());
  const other = await newPage();
  await other.goto(url);
  await other.getByText('Run "conctl web"').waitFor({ timeout: kPatience });
  await other.context().close();
}

async function list() {
  await enter();
  await until('all states', async () => await item('echo').getByText('connected').count() === 1 &&
    await item('dead').getByText('down').count() === 1 && await item('later').getByText('idle').count() === 1);
  await until('their number', async () => /^\d consoles, 1 down$/.test(await text('count')));
  await picture('list');
  const shown = async (words, count) => {
    await page.locator('#filter').fill(words);
    await until(count + ' for ' + words, async () => await page.locator('#list button').count() === count);
  };
  await shown('ech conn', 1);
  await shown('rack=7', 1);
  await shown('nowhere', 0);
  await page.locator('#filter').fill('');
}

async function why() {
  await item('dead').click();
  await until('why it is down', async () => /down since .*No such file.*attempt \d+ at/s.test(await text('why')));
  await until('the same in its terminal', async () => (await screen()).includes('[[not connected: '));
  await picture('down');
}

async function echo() {
  await open('echo');
  await until('the history', async () => (await screen()).includes('history line'));
  await type('hello');
  // The terminal's echo, and what cat(1) says.
  await until('the echo', async () => times(await screen(), 'hello') === 2);
  await until('since when', async () => /cmd, connected since \d/.test(await text('why')));
  await until('who looks', async () => await text('who') === 'viewers: you');
  await picture('echo');
  conctl('send', 'echo', 'from elsewhere');
  await until('what others type', async () => times(await screen(), 'from elsewhere') === 2);
}

// A shell draws its prompt again when the window's size changes, which an attach does: that comes
// right behind the history, of which there is much to show.
async function shell() {
  for (const size of [{ width: 900, height: 600 }, { width: 1000, height: 700 }]) {
    await page.setViewportSize(size);
    await open('shell');
    await until('its prompt', async () => (await screen()).includes('ready>'));
    await type('echo ' + size.width + 'x$((1 + 1))');
    await until('what it says', async () => (await screen()).includes(size.width + 'x2'));
    await open('echo');
  }
}

async function resize() {
  await open('size');
  const told = async () => {
    await type('');
    const rows = await page.locator('.xterm-rows > div').count();
    return (await screen()).includes('size ' + rows + ' ');
  };
  await until('the size of the window', told);
  await page.setViewportSize({ width: 700, height: 400 });
  await until('the new size', told);
  await picture('small');
  await page.setViewportSize({ width: 1000, height: 700 });
}

// The numbers that the console counts, in all that came: each once, and in order.
function counted() {
  const numbers = [...came.toString('latin1').matchAll(/^n(\d+)\r$/gm)].map((m) => Number(m[1]));
  numbers.forEach((n, i) => {
    if (i > 0 && n !== numbers[i - 1] + 1) throw new Error('after ' + numbers[i - 1] + ' came ' + n);
  });
  return numbers.length;
}

async function resume() {
  came = Buffer.alloc(0);
  await open('count');
  await until('some numbers', () => counted() > 20);
  for (const how of ['TERM', 'KILL']) {
    const before = counted();
    run('sh', process.env.LM_AGAIN, how);
    await until('more numbers after ' + how, () => counted() > before + 50);
    await attached();
  }
  if (!await page.locator('#notice').isHidden()) throw new Error('a notice: ' + await text('notice'));
  await picture('resumed');
}

// A new line's first words came while the page was away.
async function hung() {
  await open('greeter');
  await until('history', () => came.toString().endsWith('a new line\r\n'));
  run('sh', process.env.LM_AGAIN, 'freeze');
  const words = ['one', 'two', 'three'].map((word) => word + ' is shown, and not kept');
  for (const what of words) {
    await type(what);
    await until(what, () => came.toString().endsWith(what + '\r\n'));
  }
  run('sh', process.env.LM_AGAIN, 'kill');
  await until('all of it', () => came.toString().endsWith('a new line\r\n'));
  await attached();
  await type('on');
  await until('an echo', () => came.toString().endsWith('on\r\n'));
}

// Signed out while it looks on: it says so, and goes on when somebody signs in again.
async function signedOut() {
  await page.evaluate(() => fetch('/v1/session', { method: 'DELETE' }));
  run('sh', process.env.LM_AGAIN, 'TERM');
  await until('what to do', async () => (await text('notice')).includes('Not signed in'));
  await picture('signed-out');
  const other = await page.context().newPage();
  await other.goto(entry());
  await attached();
  await other.close();
}

// What frames of the console port carry.
function payload(frames) {
  let out = '';
  while (frames.length >= 4) {
    const end = 4 + (frames.charCodeAt(2) << 8) + frames.charCodeAt(3);
    out += frames.slice(4, end);
    frames = frames.slice(end);
  }
  return out;
}

// goconserver's page talks to the console port by a websocket: frames as text, answers in base64.
async function session() {
  const said = payload(await page.evaluate(() => new Promise((resolve) => {
    const frame = (s) => String.fromCharCode(0, 0, s.length >> 8, s.length & 255) + s;
    const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/session', 'tty');
    let got = '';
    socket.onopen = () => socket.send(frame('{"action":1,"node":"echo"}'));
    socket.onmessage = (event) => {
      const first = got === '';
      got += atob(event.data);
      if (first) socket.send(frame('by session\r'));
      if (got.split('by session').length > 2) socket.close();
    };
    socket.onclose = () => resolve(got);
    setTimeout(() => resolve(got), 20000);
  })));
  if (!said.startsWith('{"action":4}') || !said.includes('welcome to the session of echo\r\n') ||
    !said.includes('by session\r\nby session')) throw new Error('goconserver\'s session: ' + JSON.stringify(said));
}

// One console, for whoever comes.
async function only() {
  await page.goto(process.argv[3]);
  await attached();
  await type('hello');
  await until('the echo', async () => (await screen()).includes('heard: hello'));
  const said = await page.evaluate(() => new Promise((resolve) => {
    const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/ws');
    let got = '';
    socket.onopen = () => socket.send('again\r');
    socket.onmessage = async (event) => {
      got += typeof event.data === 'string' ? event.data : await event.data.text();
      if (got.includes('heard: again')) socket.close();
    };
    socket.onclose = () => resolve(got);
    setTimeout(() => resolve('over time: ' + got), 20000);
  }));
  if (!said.includes('heard: again')) throw new Error('cloud-console\'s page: ' + JSON.stringify(said));
}

const scenarios = {
  look: [stranger, list, why, echo, shell, resize],
  again: [enter, resume, signedOut],
  hung: [enter, hung],
  tls: [enter, echo],
  session: [enter, session],
  only: [only],
};

let status = 0;
for (const step of scenarios[process.argv[2]]) {
  try {
    if (status === 0) await step();
  } catch (error) {
    console.error(step.name + ': ' + error.message);
    status = 1;
  }
}
for (const what of wrong) console.error(what);
await browser.close();
process.exit(wrong.length > 0 ? 1 : status);

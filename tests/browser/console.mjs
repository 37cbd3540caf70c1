// console.mjs URL: opens the page with Debian's chromium, types, and sees the echo; loses the
// connection and goes on; filters; is refused without a session. Says what it did not see, and ends
// with 1 then. The server answers /test/kick by dropping the page's websockets.
import { createRequire } from 'node:module';

const { chromium } = createRequire(process.env.LM_NODE_MODULES + '/')('playwright-core');
const url = process.argv[2];
const kPatience = 20000;

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
const page = await (await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1000, height: 700 } })).newPage();
const wrong = [];
page.on('pageerror', (error) => wrong.push('error in the page: ' + error.message));
page.on('console', (message) => {
  if (message.type() === 'error' && !/401/.test(message.text())) wrong.push(message.text());
});

const screen = async () => (await page.locator('.xterm-rows > div').allTextContents())
  .map((row) => row.replace(/\u00a0/g, ' ').trimEnd()).join('\n');

async function until(what, condition) {
  const end = Date.now() + kPatience;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('not seen: ' + what + '\n' + await screen());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const times = (text, what) => text.split(what).length - 1;
const type = async (text) => {
  await page.locator('.xterm-helper-textarea').focus();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
};

async function echo() {
  await page.goto(url);
  await until('the list', async () => await page.locator('#list button').count() === 2);
  if (page.url().includes('token')) throw new Error('the token stays in the address bar');
  await page.locator('#list button', { hasText: 'echo' }).click();
  await until('attached', async () => await page.locator('#state').textContent() === 'attached');
  await until('the history', async () => (await screen()).includes('history line'));
  await type('hello');
  // The terminal's echo, and what cat(1) says.
  await until('the echo', async () => times(await screen(), 'hello') === 2);
}

async function resume() {
  await page.evaluate(() => fetch('/test/kick'));
  await until('a lost connection',
    async () => await page.locator('#state').textContent() !== 'attached');
  await until('a new one', async () => await page.locator('#state').textContent() === 'attached');
  await type('again');
  await until('the echo after it', async () => times(await screen(), 'again') === 2);
  const text = await screen();
  for (const once of ['history line']) {
    if (times(text, once) !== 1) throw new Error('shown twice: ' + once + '\n' + text);
  }
  if (times(text, 'hello') !== 2) throw new Error('shown again: hello\n' + text);
}

async function resize() {
  await page.setViewportSize({ width: 700, height: 400 });
  await page.locator('#list button', { hasText: 'size' }).click();
  await until('attached', async () => await page.locator('#state').textContent() === 'attached');
  await type('');
  const rows = await page.locator('.xterm-rows > div').count();
  await until('the size of the window', async () => (await screen()).includes('size ' + rows + ' '));
}

async function filter() {
  await page.locator('#filter').fill('ech conn');
  await until('one in the list', async () => await page.locator('#list button').count() === 1);
  await page.locator('#filter').fill('none');
  await until('none in the list', async () => await page.locator('#list button').count() === 0);
}

async function stranger() {
  const other = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
  await other.goto(url.replace(/#.*/, ''));
  await other.getByText('not signed in').waitFor({ timeout: kPatience });
}

let status = 0;
for (const step of [echo, resume, resize, filter, stranger]) {
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

// Opens a notebook in JupyterLab, runs it, and turns the knobs of its explorer.
//
// Arguments: Chromium, the notebook's address and file, a folder for pictures of the
// page, and how many turns. Prints a line of JSON: milliseconds from the event of a
// slider to the picture that answers it, in which of these pictures which part
// changed, and what the cells said at the end.
const fs = require("node:fs");
const { chromium } = require("playwright-core");

const [executablePath, address, file, folder, turns] = process.argv.slice(2);

(async () => {
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
	const page = await browser.newPage({ viewport: { width: 1400, height: 1100 } });
	page.setDefaultTimeout(120000);
	try {
		console.log(JSON.stringify(await explore(page)));
	} catch (error) {
		await page.screenshot({ path: folder + "/failed.png" });
		throw error;
	} finally {
		await browser.close();
	}
})().catch(error => { console.error(error.message); process.exit(1); });

async function explore(page) {
	await page.goto(address);
	await kernel(page, /Go \(gonb\) \| (Unknown|Idle)/); // unknown until the first cell ran
	await page.getByRole("menuitem", { name: "Run", exact: true }).click();
	await page.getByRole("menuitem", { name: "Run All Cells", exact: true }).click();
	await page.locator("img.explorer").waitFor();
	await page.locator("button.stop:not([disabled])").waitFor();
	await picture(page, "before");
	const begin = await parts(page);
	const milliseconds = [], changed = [];
	let last = begin;
	const knobs = await page.locator("input[type=range]").count();
	for (let i = 0; i < Number(turns); i++) {
		// Each knob in turn, to places where it was not.
		const value = (.5 + .3 * Math.floor(i / knobs)) * (i % 2 ? -1 : 1);
		milliseconds.push(await turn(page, i % knobs, value));
		const now = await parts(page);
		changed.push({ adjacency: now[0] !== last[0], wiring: now[1] !== last[1], measures: now[2] !== last[2] });
		last = now;
		await page.waitForTimeout(50);
	}
	await picture(page, "turned");
	const labels = await page.locator("output").allInnerTexts();
	const live = await save(page, await page.locator("[data-turn]").getAttribute("data-turn"));
	await page.locator("button.reset").click();
	await page.waitForFunction(answered);
	const reset = (await parts(page)).every((part, i) => part === begin[i]);
	await turn(page, 0, 1.5); // what a stop leaves
	await page.locator("button.stop").click();
	await page.getByText("Stopped at").waitFor();
	await page.getByText("the next cell ran").waitFor();
	await picture(page, "stopped");
	// The last cell is an explorer too, and is interrupted.
	await page.locator("button.stop:not([disabled])").waitFor();
	await page.getByRole("menuitem", { name: "Kernel", exact: true }).click();
	await page.getByRole("menuitem", { name: /^Interrupt Kernel/ }).click();
	await page.getByText("Stopped at: all knobs at zero").waitFor();
	await kernel(page, "Go (gonb) | Idle");
	const sliders = await page.locator("input[type=range]").count();
	const said = await page.getByText("Stopped at").first().innerText();
	await save(page, "Stopped at: all knobs at zero");
	return { milliseconds, changed, labels, reset, said, sliders, live };
}

// kernel waits until the kernel is as the status bar should say.
function kernel(page, state) {
	return page.locator("#jp-main-statusbar").getByText(state).waitFor();
}

// answered reports whether the picture is that of the last turn.
function answered() {
	const sent = document.querySelector("[data-sent]").dataset.sent, mark = document.querySelector("[data-turn]");
	return mark && mark.dataset.turn === sent && document.querySelector("img.explorer")?.complete;
}

// turn moves a slider as a hand does and returns the milliseconds until its picture
// is on the page, decoded.
function turn(page, knob, value) {
	return page.evaluate(async ([knob, value]) => {
		const slider = document.querySelectorAll("input[type=range]")[knob];
		const began = performance.now();
		slider.value = value;
		slider.dispatchEvent(new Event("input", { bubbles: true }));
		const sent = document.querySelector("[data-sent]").dataset.sent;
		for (;;) {
			await new Promise(requestAnimationFrame);
			const mark = document.querySelector("[data-turn]"), picture = document.querySelector("img.explorer");
			if (mark?.dataset.turn !== sent || !picture) {
				if (performance.now() - began > 30000) throw new Error("no picture of turn " + sent + ": " + document.querySelector(".status")?.textContent);
				continue;
			}
			await picture.decode();
			return performance.now() - began;
		}
	}, [knob, value]);
}

// parts returns the pixels of each third of the picture, in short.
function parts(page) {
	return page.evaluate(async () => {
		const picture = document.querySelector("img.explorer");
		await picture.decode();
		const canvas = document.createElement("canvas");
		canvas.width = picture.naturalWidth;
		canvas.height = picture.naturalHeight;
		const context = canvas.getContext("2d");
		context.drawImage(picture, 0, 0);
		const third = Math.floor(canvas.width / 3);
		return [0, 1, 2].map(i => {
			let sum = 0;
			for (const byte of context.getImageData(i * third, 0, third, canvas.height).data) sum = (31 * sum + byte) | 0;
			return sum;
		});
	});
}

// save has the notebook written to its file, and returns this once it has some words.
async function save(page, words) {
	await page.keyboard.press("Control+s");
	for (let tries = 0; tries < 300; tries++) {
		const text = fs.readFileSync(file, "utf8");
		if (text.includes(words)) return text;
		await page.waitForTimeout(100);
	}
	throw new Error("the file that was saved does not say " + words);
}

// picture takes one of the page, for people to look at.
async function picture(page, name) {
	await page.locator("img.explorer").first().scrollIntoViewIfNeeded();
	await page.screenshot({ path: folder + "/" + name + ".png" });
}

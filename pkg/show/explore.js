// The page's side of Explore: sends where the controls stand, all in one message
// that is numbered, since messages may overtake each other. The controls work once
// the cell has answered.
(id => {
	const root = document.getElementById(id);
	if (!root) return;
	const address = root.dataset.address, status = root.querySelector(".status");
	const ranges = [...root.querySelectorAll("input[type=range]")];
	const boxes = [...root.querySelectorAll("input[type=checkbox]")];
	const boxOf = range => boxes.find(box => box.dataset.knob === range.dataset.knob);
	let number = 0, live = false, subscribed = null;

	const label = range => {
		const value = Number(range.value), box = boxOf(range);
		const text = box && !box.checked ? "free" : (value < 0 ? "−" : "+") + Math.abs(value).toFixed(1) + " " + range.dataset.unit;
		range.parentElement.parentElement.querySelector("output").textContent = text;
	};
	const send = act => {
		const comm = globalThis.gonb_comm;
		if (!comm) {
			status.textContent = "The connection to the kernel is lost: interrupt it, and run the cell again.";
			return;
		}
		if (comm !== subscribed) {
			comm.subscribe(address + "/answer", answered);
			subscribed = comm;
		}
		number = Math.max(number + 1, Date.now());
		const value = range => Number(range.value);
		comm.send(address, JSON.stringify({
			number: number, act: act,
			shifts: ranges.filter(range => !boxOf(range)).map(value),
			targets: ranges.filter(boxOf).map(range => boxOf(range).checked ? value(range) : null),
		}));
		root.dataset.sent = number;
	};
	const enable = on => root.querySelectorAll("input, button").forEach(part => { part.disabled = !on; });
	const answered = () => {
		if (live) return;
		live = true;
		enable(true);
		status.textContent = root.dataset.live;
	};
	ranges.forEach(range => range.addEventListener("input", () => {
		const box = boxOf(range);
		if (box) box.checked = true;
		label(range);
		send("turn");
	}));
	boxes.forEach(box => box.addEventListener("change", () => {
		label(ranges.find(range => range.dataset.knob === box.dataset.knob));
		send("turn");
	}));
	root.querySelector(".reset").addEventListener("click", () => {
		ranges.forEach(range => { range.value = 0; });
		boxes.forEach(box => { box.checked = false; });
		ranges.forEach(label);
		send("turn");
	});
	root.querySelector(".stop").addEventListener("click", () => {
		enable(false);
		status.textContent = "Stopping …";
		send("stop");
	});
	const greet = left => {
		if (live || !root.isConnected || left === 0) return;
		if (globalThis.gonb_comm) send("hello");
		setTimeout(greet, 300, left - 1);
	};
	greet(200);
})

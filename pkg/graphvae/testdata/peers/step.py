"""A step of training of the Exchangeable model in JAX, timed beside ours, on command.

    step.py arrays.npz

reads weights, a batch and noise, each under the name that it has in Go. Commands are
lines, answers lines of JSON. "terms" answers the loss and its terms at the weights
that were read. "step N" takes N steps, each waited for, and answers the median
seconds of a step, the seconds of processors that a step took, and the loss after
them; "reset" goes back to the weights that were read.
"""

import json
import statistics
import sys
import time

import jax
import jax.numpy as jnp
import numpy

DEPTH_UNITS = 3.0  # the sd of depth, 300 µm, in units of distance, 100 µm
RATE, BETA, CLIP, FREE = 1e-3, 1.0, 5.0, 0.0  # as TestSpeedBesidePeers has them


def dense(w, name, x):
    return x @ w[name + "/matrix"] + w[name + "/bias"]


def two(w, name, x):
    return jnp.split(dense(w, name + "/second", jax.nn.relu(dense(w, name + "/first", x))), 2, -1)


def normed(x):
    return (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)


def features(b):
    x, y, depth, known = jnp.split(b["place"], 4, -1)
    return jnp.concatenate([b["classes"], b["classes"] * depth, depth, jnp.hypot(x, y), known], -1)


def guess(value, variance):
    return value / (1 + variance)


def spread(x, y):
    products = x[0] * y[0] - (x[1] if x is y else 0)
    return guess(products.sum(-1), (x[1] * y[1]).sum(-1))


def triples(x):
    return ((x @ x) * x).sum((1, 2))


def surplus(w, b):
    a, seen, base = b["adjacency"], b["visible"], bases(w, b)
    table = w["expected/table"].reshape(w["expected/table"].shape[0], base.shape[2], -1)
    p = jax.nn.sigmoid(combined(b, base, table[None]) - 2.7)
    of = lambda a, p, seen: ((a - p) * seen, p * (1 - p) * seen)
    edges, mutual = of(a, p, seen), of(a * a.mT, p * p.mT, seen * seen.mT)
    total = lambda x, axes: tuple(part.sum(axes) for part in x)
    out, back = total(edges, -1), total(edges, 1)
    whole = total(edges, (1, 2))
    onto = lambda x, y: (x[:, :, None] * y).sum((1, 3))
    value, first, second = onto(edges[0], base), onto(edges[1], base), onto(edges[1], base**2)
    mean = first / jnp.maximum(whole[1], 1e-6)[:, None]
    on = guess(value - mean * whole[0][:, None], jnp.maximum(second - mean * first, 0))
    sym = tuple(part + part.mT for part in edges)
    own = guess(*total(sym, -1))
    rest = sym[0] - sym[1] * (own[:, :, None] + own[:, None, :])
    closed = triples(rest) / jnp.sqrt(1 + 6 * triples(sym[1]))
    facts = [guess(*whole), guess(*total(mutual, (1, 2))), spread(out, out), spread(back, back), spread(out, back), closed, 0.3 * jnp.log1p(whole[1]), 0.3 * jnp.log1p(total(mutual, (1, 2))[1])]
    circuit = jnp.concatenate([facts[0][:, None], on[:, 1:], jnp.stack(facts[1:], -1)], -1)
    neurons = jnp.stack([guess(*out), guess(*back), guess(*total(mutual, -1))], -1)
    return tuple(jax.lax.stop_gradient(3 * jnp.tanh(x / 3)) for x in (neurons, circuit))


def encode(w, b):
    real, seen = b["real"][..., None], b["visible"]
    a = b["adjacency"] * seen
    back = a.mT
    both = a * back
    out, into = a.sum(-1, keepdims=True), back.sum(-1, keepdims=True)
    sent, met = seen.sum(-1, keepdims=True), seen.sum(1)[..., None]
    others = jnp.maximum(real.sum(1, keepdims=True) - 1, 1)
    shares = [5 * out / jnp.maximum(sent, 1), 5 * into / jnp.maximum(met, 1), sent / others, met / others]
    neurons, circuit = surplus(w, b)
    h = jax.nn.relu(dense(w, "encoder/embed", jnp.concatenate([features(b), neurons, *shares], -1))) * real
    kinds = [k * jax.lax.rsqrt(1 + k.sum(-1, keepdims=True)) for k in (a, back, both)]
    stage = 0
    while f"encoder/stage{stage}/message/matrix" in w:
        name = f"encoder/stage{stage}"
        heard = jnp.concatenate([h] + [k @ h for k in kinds], -1)
        h = normed(h + dense(w, name + "/update", jax.nn.relu(dense(w, name + "/message", heard)))) * real
        stage += 1
    average = h.sum(1) / jnp.maximum(real.sum(1), 1)
    pooled = jax.nn.relu(dense(w, "encoder/pool", jnp.concatenate([average, jnp.where(real > 0, h, -1e9).max(1), circuit], -1)))
    centre, log_sd = 10 * w["code/mean"], jnp.clip(10 * w["code/log_sd"], -6, 3)
    mean = (dense(w, "posterior/mean", pooled) - centre) * jnp.exp(-log_sd)
    return h, mean, jnp.clip(dense(w, "posterior/log_var", pooled), -8, 4) - 2 * log_sd, centre, log_sd


def beside(z, *parts):
    return jnp.concatenate([*parts, jnp.broadcast_to(z[:, None], (*parts[0].shape[:2], z.shape[-1]))], -1)


def bases(w, b):
    x, y, depth, known = jnp.moveaxis(b["place"], -1, 0)
    apart = lambda v: v[:, None, :] - v[:, :, None]
    both = known[:, :, None] * known[:, None, :]
    square = apart(x) ** 2 + apart(y) ** 2
    down = apart(depth)
    straight = jnp.sqrt(square + (down * DEPTH_UNITS) ** 2)
    within = depth - (b["classes"] @ jax.lax.stop_gradient(w["expected/depth"]))[..., 0]
    within = within[:, :, None] + within[:, None, :]
    known = [f * both for f in (jnp.sqrt(square), abs(down), down, jnp.sign(down), jnp.sqrt(straight), jnp.exp(-straight), within)]
    return jnp.stack([jnp.ones_like(both), *known, 1 - both], 2)


def combined(b, base, table):
    c = b["classes"]
    by_source = jnp.einsum("bik,bkfl->bifl", c, jnp.broadcast_to(table, (c.shape[0], *table.shape[1:])))
    return (base * jnp.einsum("bifl,bjl->bifj", by_source, c)).sum(2)


def pairs(w, b, z):
    c = b["classes"]
    k, f = c.shape[-1], w["decoder/pairs/common"].shape[0]
    table = w["decoder/pairs/table"].reshape(k, f, k) + w["decoder/pairs/common"][:, None]
    table = table + jax.lax.stop_gradient(w["expected/table"].reshape(k, f, k))
    table = table + (z @ w["decoder/pairs/shared"])[:, None, :, None] + (z @ w["decoder/pairs/modulation"]).reshape(-1, k, f, k)
    return combined(b, bases(w, b), table)


def decode(w, b, z, v):
    real = b["real"][..., None]
    given = features(b)
    v = v * real
    v = (v - v.sum(1, keepdims=True) / jnp.maximum(real.sum(1, keepdims=True), 1)) * real
    mean, log_var = two(w, "prior", beside(z, given))
    u = mean + v * jnp.exp(jnp.clip(log_var, -6, 3) / 2)
    h = normed(dense(w, "decoder/second", jax.nn.relu(dense(w, "decoder/first", beside(z, given, u)))))
    source, target, mutual = (dense(w, "decoder/" + name, h) for name in ("source", "target", "mutual"))
    root = source.shape[-1] ** 0.5
    theta = pairs(w, b, z) + dense(w, "decoder/send", h) + dense(w, "decoder/receive", h).mT + source @ target.mT / root - 2.7
    table = w["decoder/reciprocity/table"]
    rho = b["classes"] @ (table + table.T) @ b["classes"].mT + w["decoder/reciprocity/base"]
    return theta, rho + (z @ w["decoder/reciprocity/z"])[:, None] + mutual @ mutual.mT / root


def edges(b, theta, rho):
    a, back = b["adjacency"], theta.mT
    seen, column = b["visible"], b["visible"].mT
    partition = jnp.logaddexp(jax.nn.softplus(theta), back + jax.nn.softplus(theta + rho))
    joint = a * theta + a.mT * back + a * a.mT * rho - partition
    eta = theta + jax.nn.softplus(back + rho) - jax.nn.softplus(back)
    return -(seen * (column * joint / 2 + (1 - column) * (a * eta - jax.nn.softplus(eta)))).sum((1, 2))


def divergence(mean, log_var):
    return (mean**2 + jnp.exp(log_var) - 1 - log_var) / 2


def objective(w, b):
    h, mean, log_var, centre, log_sd = encode(w, b)
    z = centre + (mean + b["noise/z"] * jnp.exp(log_var / 2)) * jnp.exp(log_sd)
    shift, spread = two(w, "neuron", beside(z, h, features(b)))
    spread = jnp.clip(spread - 3, -8, 4)
    v = shift + b["noise/v"] * jnp.exp(spread / 2)
    fit = edges(b, *decode(w, b, z, v)).mean()
    units = divergence(mean, log_var).mean(0)
    neurons = (divergence(shift, spread).sum(-1) * b["real"]).sum(-1).mean()
    return fit + BETA * jnp.maximum(units, FREE).sum() + BETA * neurons, (fit, units.sum(), neurons)


def adam(w, state, gradient):
    norm = jnp.sqrt(sum((g**2).sum() for g in gradient.values()) + 1e-12)
    scale = jnp.minimum(1, CLIP / norm)
    first, second, t = state
    t = t + 1
    first = {k: 0.9 * first[k] + 0.1 * scale * g for k, g in gradient.items()}
    second = {k: 0.999 * second[k] + 0.001 * (scale * g) ** 2 for k, g in gradient.items()}
    ahead, wide = 1 / (1 - 0.9**t), 1 / (1 - 0.999**t)
    w = {k: w[k] - RATE * ahead * first[k] / (jnp.sqrt(wide * second[k]) + 1e-7) for k in w}
    return w, (first, second, t)


def step(w, state, b):
    (_, terms), gradient = jax.value_and_grad(objective, has_aux=True)(w, b)
    return *adam(w, state, gradient), terms


with numpy.load(sys.argv[1]) as arrays:
    read = {name: arrays[name] for name in arrays.files if arrays[name].dtype == numpy.float32}
batch = {name.removeprefix("batch/"): jax.device_put(x) for name, x in read.items() if name.startswith("batch/")}
weights = {name: x for name, x in read.items() if not name.startswith("batch/")}
compiled = jax.jit(step, donate_argnums=(0, 1))


def reset():
    zeros = {name: jnp.zeros_like(x) for name, x in weights.items()}
    return {name: jnp.array(x) for name, x in weights.items()}, (zeros, {name: jnp.zeros_like(x) for name, x in weights.items()}, jnp.float32(0))


w, state = reset()
for line in sys.stdin:
    command, *count = line.split()
    if command == "reset":
        w, state = reset()
        answer = {}
    elif command == "terms":
        loss, terms = jax.jit(objective)({name: jnp.array(x) for name, x in weights.items()}, batch)
        answer = {"loss": float(loss), "terms": [float(t) for t in terms]}
    else:
        seconds, spent = [], time.process_time()
        for _ in range(int(count[0])):
            begun = time.perf_counter()
            w, state, terms = jax.block_until_ready(compiled(w, state, batch))
            seconds.append(time.perf_counter() - begun)
        answer = {"seconds": statistics.median(seconds), "processor": (time.process_time() - spent) / len(seconds), "terms": [float(t) for t in terms]}
    print(json.dumps(answer), flush=True)

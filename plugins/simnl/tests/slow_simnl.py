"""SimNL as the formulas say it: loops and float64, with gradients by torch's autograd.

Written from the description of the method alone; it shares no line with what it checks.
"""

from __future__ import annotations

import math

import numpy as np
import torch

NAMES = ("text_template", "text_cupl", "keys", "text_negative", "negative_keys")


def directed(rng, rows, width):
    found = rng.standard_normal((rows, width))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def problem(seed=0, classes=6, shots=4, width=16, queries=9, views=2, noise=0.15):
    """Draw clusters around class directions, with some wrong labels."""
    rng = np.random.default_rng(seed)
    centres = directed(rng, classes, width)

    def around(centre, spread):
        rows = centre + spread * rng.standard_normal(centre.shape) / math.sqrt(width)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    block = np.repeat(np.arange(classes), shots)
    labels = block.copy()
    flipped = rng.random(len(labels)) < noise
    labels[flipped] = (labels[flipped] + rng.integers(1, classes, flipped.sum())) % classes
    targets = rng.integers(0, classes, queries)
    return {
        "keys": around(centres[block], 0.8),
        "labels": labels,
        "views": np.stack([around(centres[block], 0.9) for _ in range(views)]),
        "texts": [
            around(centres, 1.0),
            around(centres, 0.9),
            around(-0.3 * centres + 0.5 * directed(rng, classes, width), 0.5),
        ],
        "queries": around(centres[targets], 1.0),
        "targets": targets,
        "shots": shots,
    }


def refined(keys, labels, classes, shots, tau):
    """Weigh the rows of each label value (section 1.4), entry by entry."""
    worth = np.zeros(len(keys))
    for i in range(classes):
        members = [a for a in range(len(keys)) if labels[a] == i]
        if shots == 1:
            for a in members:
                worth[a] = 1.0
            continue
        scores = []
        for a in members:
            total = 0.0
            for b in members:
                total += float(np.dot(keys[a].astype(np.float64), keys[b].astype(np.float64)))
            scores.append((total - 1) / (shots - 1))
        raised = [math.exp(s / tau) for s in scores]
        for a, e in zip(members, raised, strict=True):
            worth[a] = shots * e / sum(raised)
    return worth


def negatives(keys, classes, shots):
    """Average the shots of one place over all other classes, and bring that to unit norm."""
    found = np.zeros(keys.shape, dtype=np.float64)
    for c in range(classes):
        for j in range(shots):
            total = np.zeros(keys.shape[1])
            for other in range(classes):
                if other != c:
                    total += keys[other * shots + j].astype(np.float64)
            total /= classes - 1
            found[c * shots + j] = total / math.sqrt(float(total @ total))
    return found


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


class Slow:
    """The release's model in float64."""

    def __init__(self, problem, *, alpha, beta, lam, tau):
        self.alpha, self.beta, self.lam = alpha, beta, lam
        self.shots = problem["shots"]
        self.classes, self.width = problem["texts"][0].shape
        self.t, self.g, self.n = (torch.tensor(x, dtype=torch.float64) for x in problem["texts"])
        self.k = torch.tensor(problem["keys"], dtype=torch.float64)
        self.m = torch.tensor(negatives(problem["keys"], self.classes, self.shots))
        worth = refined(problem["keys"], problem["labels"], self.classes, self.shots, tau)
        self.values = torch.zeros(len(self.k), self.classes, dtype=torch.float64)
        for a, label in enumerate(problem["labels"]):
            self.values[a, int(label)] = worth[a]
        self.r = [
            torch.zeros(self.classes, self.width, dtype=torch.float64, requires_grad=True)
            for _ in NAMES
        ]

    def text(self):
        return 0.45 * unit(self.t + self.r[0]) + 0.55 * unit(self.g + self.r[1])

    def logits(self, f):
        rows = []
        text, negative = self.text(), unit(self.n + self.r[3])
        keys = [unit(self.k[a] + self.r[2][a // self.shots]) for a in range(len(self.k))]
        others = [unit(self.m[a] + self.r[4][a // self.shots]) for a in range(len(self.m))]
        for one in f:
            p, q = 100 * (text @ one), 15 * (1 - negative @ one)
            for a in range(len(keys)):
                p = p + self.alpha * torch.exp(-self.beta * (1 - one @ keys[a])) * self.values[a]
                q = q + self.alpha * torch.exp(-self.beta * (one @ others[a])) * self.values[a]
            rows.append(self.lam * p + (1 - self.lam) * q)
        return torch.stack(rows)

    def loss(self, f, y):
        text = self.text()
        total = 0.0
        for row, label in zip(self.logits(f), y, strict=True):
            total = total - torch.log_softmax(row, 0)[label] / len(f)
        for one, label in zip(f, y, strict=True):
            d = torch.stack([(one - text[c]).norm() for c in range(self.classes)])
            nearest = torch.argsort(d)[:3]
            for c in nearest:
                margin = (1 - text[c] @ text[label]) / 4
                gap = torch.clamp(d[label] + margin - d[c], min=0)
                total = total + gap / (len(nearest) * len(f))
        apart = 0.0
        for d in range(self.width):
            here = text[:, d]
            for weight, start in ((0.45, self.t[:, d]), (0.55, self.g[:, d])):
                cosine = here @ start / (here.norm() * start.norm())
                apart = apart + weight * (1 - cosine) / self.width
        return total + 8 * apart

    def dense_loss(self, f, y):
        """The same loss in a few products, for long runs; a test compares it with the loops."""
        text, negative = self.text(), unit(self.n + self.r[3])
        keys = unit(self.k + self.r[2].repeat_interleave(self.shots, 0))
        others = unit(self.m + self.r[4].repeat_interleave(self.shots, 0))
        p = 100 * f @ text.T
        p = p + self.alpha * torch.exp(-self.beta * (1 - f @ keys.T)) @ self.values
        q = 15 * (1 - f @ negative.T)
        q = q + self.alpha * torch.exp(-self.beta * (f @ others.T)) @ self.values
        loss = torch.nn.functional.cross_entropy(self.lam * p + (1 - self.lam) * q, y)
        d = (f[:, None] - text[None]).norm(dim=2)
        nearest = d.topk(min(3, self.classes), dim=1, largest=False)
        own = d.gather(1, y[:, None])
        margin = (1 - (text @ text.T)[y].gather(1, nearest.indices)) / 4
        loss = loss + torch.clamp(own + margin - nearest.values, min=0).mean()
        cosine = torch.nn.functional.cosine_similarity
        for weight, start in ((0.45, self.t), (0.55, self.g)):
            loss = loss + 8 * weight * (1 - cosine(text, start, dim=0)).mean()
        return loss

    def gradients(self, f, y):
        loss = self.loss(torch.tensor(f, dtype=torch.float64), torch.tensor(y))
        found = torch.autograd.grad(loss, self.r)
        return float(loss.detach()), {n: g.numpy() for n, g in zip(NAMES, found, strict=True)}

    def fit(self, problem, *, lr, eps, order, batch=256):
        views = torch.tensor(problem["views"], dtype=torch.float64)
        labels = torch.tensor(problem["labels"])
        rows, step = len(labels), 0
        steps = len(order) * math.ceil(rows / batch)
        first = [torch.zeros_like(r) for r in self.r]
        second = [torch.zeros_like(r) for r in self.r]
        for epoch, places in enumerate(order):
            view = views[epoch % len(views)]
            for start in range(0, rows, batch):
                chosen = torch.as_tensor(np.asarray(places[start : start + batch]))
                gradient = torch.autograd.grad(
                    self.dense_loss(view[chosen], labels[chosen]), self.r
                )
                step += 1
                for i, (r, g) in enumerate(zip(self.r, gradient, strict=True)):
                    rate = lr * (5 if NAMES[i] in ("text_negative", "negative_keys") else 1)
                    rate *= (1 + math.cos(math.pi * (step - 1) / steps)) / 2
                    first[i] = 0.9 * first[i] + 0.1 * g
                    second[i] = 0.999 * second[i] + 0.001 * g * g
                    mean, square = first[i] / (1 - 0.9**step), second[i] / (1 - 0.999**step)
                    with torch.no_grad():
                        r.mul_(1 - rate * 0.1).sub_(rate * mean / (square.sqrt() + eps))

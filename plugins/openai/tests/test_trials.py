"""Whole runs against a faulty server: all accounted for, nothing paid for twice."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter

import pytest
from chat_endpoint import MODEL, Reply, answer
from seatrial_metrics import accuracy
from seatrial_openai import chat_model

import seatrial as sea
from seatrial.errors import TrialError
from seatrial.events import Retried, Usage

PLAN = sea.Plan(metrics=[accuracy()], seed=1)
FAULTS = (
    Reply({"error": {"message": "internal"}}, 500),
    Reply({"error": {"message": "slow down"}}, 429, {"retry-after-ms": "20"}),
    Reply({"error": {"message": "overloaded", "code": 503}}),
    Reply(cut=True),
    Reply(answer(finish=None)),
    Reply(answer(model="large-2")),
    Reply({**answer(), "choices": []}),
    Reply("<html></html>", kind="text/html"),
    Reply(answer(None, refusal="No.")),
)


def said(body):
    return body["messages"][-1]["content"]


def cases(count):
    return [sea.Case(f"c{n}", f"question {n}", "fine") for n in range(count)]


def faulty(fraction):
    def behave(body, number):
        drawn = sea.derive(5, "fault", number)
        if drawn % 1000 >= 1000 * fraction:
            return answer("fine")
        return FAULTS[drawn // 1000 % len(FAULTS)]

    return behave


def billed(endpoint):
    """Add up what the server's log says was used."""
    total = Counter(requests=len(endpoint.log))
    for _, reply in endpoint.sent:
        usage = reply.body.get("usage") if isinstance(reply.body, dict) and not reply.cut else None
        if usage:
            total["input_tokens"] += usage["prompt_tokens"]
            total["output_tokens"] += usage["completion_tokens"]
    return dict(total)


def test_a_thousand_requests_of_which_a_tenth_fail_are_all_accounted_for(endpoint, tmp_path):
    def behave(body, number):
        time.sleep(0.02)
        return choose(body, number)

    choose, endpoint.behave = faulty(0.1), behave
    model = chat_model(MODEL, base_url=endpoint.url, max_concurrency=32, deterministic=True)
    asked, seen = cases(1000), []
    more = {"model": model, "cases": asked, "to": tmp_path, "retry_wait": 0.02}
    first = sea.run(PLAN, stop=lambda now: now.measured > 400, observers=(), **more)
    assert 400 < first.accounting.scored < 900
    paid = first.usage["requests"]
    before, stored = len(endpoint.log), {one.case_id for one in first.records()}
    report = sea.run(PLAN, observers=[seen.append], **more)
    counts = report.accounting
    assert counts.planned == 1000 == counts.scored + counts.refused + counts.errored
    assert counts.errored > 10
    assert counts.refused > 3
    assert endpoint.most == 32
    # three answers of the first session are asked again, outside the accounting
    again = Counter(said(body) for body in endpoint.log[before:])
    compared = [name for name in again if name.replace("question ", "c") in stored]
    assert sum(again[name] for name in compared) <= 3 * 3
    # attempts are counted and told
    asked_for = Counter(said(body) for body in endpoint.log)
    for one in report.records():
        if (name := one.case_id.replace("c", "question ")) not in compared:
            assert one.attempts == asked_for[name], one
    assert max(one.attempts for one in report.records()) in (2, 3)
    assert "asked more than once: " in str(report)
    assert sum(one.inputs for one in seen if isinstance(one, Retried)) > 20
    # totals are those of the server's log, but for what was asked outside
    spent = Counter(requests=sum(again[name] for name in compared))
    spent.update(requests=int(report.usage["requests"]))
    assert spent["requests"] == len(endpoint.log)
    told = Counter()
    for event in seen:
        if isinstance(event, Usage):
            told.update(event.reported)
    assert report.usage["requests"] == told["requests"] + paid


@pytest.mark.parametrize("executor", ["serial", "threads"])
def test_the_totals_are_those_of_the_servers_log(endpoint, executor):
    endpoint.behave = faulty(0.3)
    model = chat_model(MODEL, base_url=endpoint.url, price={"input": 1e6, "output": 2e6})
    more = {"executor": executor, "workers": 2} if executor == "threads" else {}
    report = sea.run(PLAN, model=model, cases=cases(150), retry_wait=0.01, observers=(), **more)
    assert endpoint.most <= 8
    log = billed(endpoint)
    cost = log["input_tokens"] + 2 * log["output_tokens"]
    assert dict(report.usage) == {**log, "cost": pytest.approx(cost)}
    assert f"requests {log['requests']}" in str(report)


def test_the_errors_say_what_the_endpoint_did(endpoint):
    endpoint.behave = lambda body, number: FAULTS[number % len(FAULTS)]
    model = chat_model(MODEL, base_url=endpoint.url, max_concurrency=1)
    report = sea.run(PLAN, model=model, cases=cases(9), retries=0, observers=())
    assert report.accounting.refused == 1
    assert sum(one.count for one in report.errors) == 8
    assert len(report.errors) == 8


def test_a_budget_stops_a_run_and_a_larger_one_goes_on(endpoint, tmp_path):
    def model(cost):
        return chat_model(
            MODEL,
            base_url=endpoint.url,
            max_concurrency=4,
            cache=str(tmp_path / "cache"),
            price={"input": 1e6, "output": 1e6},
            budget={"cost": cost},
        )

    more = {"cases": cases(60), "to": tmp_path / "run", "observers": ()}
    with pytest.raises(TrialError, match=r"the budget is spent: cost .* of 100; raise budget"):
        sea.run(PLAN, model=model(100), **more)
    first = sea.Report.load(tmp_path / "run")
    assert first.accounting.errored == 0
    assert 10 <= first.accounting.scored == len(endpoint.log) <= 10 + 4
    with pytest.raises(TrialError, match="the budget is spent"):
        sea.run(PLAN, model=model(100), **more)
    assert len(endpoint.log) <= 10 + 4 + 3  # three are compared on going on
    assert sea.run(PLAN, model=model(1000), **more).accounting.scored == 60
    assert Counter(map(said, endpoint.log)).most_common()[3:][0][1] == 1


def test_a_budget_of_requests_is_kept_to_the_last(endpoint, tmp_path):
    budget = {"budget": {"requests": 25}, "cache": str(tmp_path)}
    model = chat_model(MODEL, base_url=endpoint.url, max_concurrency=8, **budget)
    with pytest.raises(TrialError, match="requests 25 of 25"):
        sea.run(PLAN, model=model, cases=cases(60), observers=())
    assert len(endpoint.log) == 25


def test_an_answer_is_paid_for_once_in_all_runs(endpoint, tmp_path):
    model = chat_model(MODEL, base_url=endpoint.url, cache=str(tmp_path))
    for _ in range(2):
        report = sea.run(PLAN, model=model, cases=cases(20), observers=())
        assert report.accounting.scored == 20
    assert len(endpoint.log) == 20
    assert dict(report.usage) == {"cached": 20}


def test_a_cache_that_cannot_be_used_stops_the_run_and_is_no_cases_error(endpoint, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    model = chat_model(MODEL, base_url=endpoint.url, cache=str(tmp_path / "cache"))
    with pytest.raises(TrialError, match=r"stopped the run: the cache .* cannot be used: "):
        sea.run(PLAN, model=model, cases=cases(4), to=tmp_path / "run", observers=())
    assert sea.Report.load(tmp_path / "run").accounting.errored == len(endpoint.log) == 0


def test_going_on_asks_the_endpoint_whether_it_is_the_same_and_not_the_cache(endpoint, tmp_path):
    more = {"cache": str(tmp_path / "cache"), "max_concurrency": 2, "deterministic": True}
    model = chat_model(MODEL, base_url=endpoint.url, **more)
    kept = {"cases": cases(20), "to": tmp_path / "run", "observers": ()}
    sea.run(PLAN, model=model, stop=lambda _: True, **kept)
    endpoint.behave = lambda body, number: answer("other")
    with pytest.raises(sea.errors.ModelError, match="answers case 'c0' with 'other'"):
        sea.run(PLAN, model=model, **kept)


SCRIPT = """
import sys
import seatrial as sea
from seatrial_metrics import accuracy
from seatrial_openai import chat_model

url, cache, to = sys.argv[1:]
cases = [sea.Case(f"c{n}", f"question {n}", "fine") for n in range(300)]
model = chat_model("small-1", base_url=url, cache=cache, max_concurrency=8)
plan = sea.Plan(metrics=[accuracy()], seed=1)
print(sea.run(plan, model=model, cases=cases, to=to, observers=()).accounting)
"""


def test_a_killed_run_asks_for_no_stored_answer_again(endpoint, tmp_path):
    def slow(body, number):
        time.sleep(0.01)
        return answer("fine")

    endpoint.behave = slow
    script = [
        sys.executable,
        "-c",
        SCRIPT,
        endpoint.url,
        *map(str, (tmp_path / "c", tmp_path / "r")),
    ]
    running = subprocess.Popen(script, stdout=subprocess.DEVNULL, env=dict(os.environ))
    while len(endpoint.log) < 120:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(0.1)
    database = sqlite3.connect(tmp_path / "c" / "answers.sqlite")
    (kept,) = database.execute("SELECT count(*) FROM answers").fetchone()
    database.close()
    before = list(map(said, endpoint.log))
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    after = Counter(map(said, endpoint.log[len(before) :]))
    assert "planned 300 = scored 300" in done.stdout
    assert 100 <= kept <= len(before)
    repeated = sum(after[name] for name in set(before))
    assert repeated <= len(before) - kept + 3  # those under way, and three to compare

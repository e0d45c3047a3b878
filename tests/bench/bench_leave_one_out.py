"""Results on a person whom the constants of the engine have not seen, next to the in-sample ones."""

from collections import Counter
from collections.abc import Iterator

from bench import tuning_accel
from bench.bench_counts import MODES, need_runtime
from bench.leave_one_out import OUTCOMES, Tally, Trial, search
from bench.registry import Row, figures, recordings
from retropod.score.labels import person_of


@figures(*(f"leave_one_person_out_{name}{mode}" for mode in MODES for name in ("", "constants_")))
def bench_leave_one_person_out() -> Iterator[Row]:
    """Without each person, search the constants of `SEARCHED` again. No other constant and no weight changes."""
    folders = recordings("dev"), recordings("running")
    need_runtime()
    for mode in MODES:
        trial = Trial(mode, *folders)
        now, inside = trial.tally(frozenset()), trial.tally(frozenset(search(trial).items()))
        found = {person: search(trial, person) for person in sorted(now)}
        rows = {person: _row(person, now, inside, trial.tally(frozenset(one.items()))) for person, one in found.items()}
        counted = "/".join(OUTCOMES)
        method = (
            f"labelled/{counted} of the repository/the same, {len(trial.names)} constants searched on all persons/the "
            "same, searched without the person; 208.3 Hz; other constants, weights and confidence are not refitted"
        )
        yield f"leave_one_person_out_{mode}", rows, "strides", method
        counts = Counter(" ".join(sorted(factors)) or "none" for factors in found.values())
        method = "constants that moved, and the number of persons without whom they did"
        yield f"leave_one_person_out_constants_{mode}", {name: [counts[name]] for name in sorted(counts)}, "", method


def _row(person: str, *tallies: Tally) -> list[int]:
    """Return the number of labelled strides, and the outcomes of each tally."""
    return [tallies[0][person]["n"], *(tally[person][name] for tally in tallies for name in OUTCOMES)]


@figures("leave_one_person_out_weights_accel")
def bench_leave_one_person_out_weights() -> Iterator[Row]:
    """Without each person, fit the weights of the accelerometer-only mode again. The running set is never fitted."""
    dev, running = recordings("dev"), recordings("running")
    need_runtime()
    sets = [tuning_accel.strides(dev, change) for change in tuning_accel.CHANGES]
    weights = tuning_accel.fit(sets)
    # The backward labels of the running set merge strides.
    strange = [one for one in tuning_accel.strides(running, tuning_accel.PLAIN) if not one.group.startswith("backward")]
    rows = {}
    for person, own in sorted(_by_person([*sets[0], *strange]).items()):
        others = [[one for one in members if person_of(one.recording) != person] for members in sets]
        fitted = len(others[0]) < len(sets[0])
        rows[person] = [*_judged(own, weights), *_judged(own, tuning_accel.fit(others) if fitted else weights)[1:]]
    method = (
        "found strides with a labelled direction/wrong/unknown with weights fitted to all persons of the development "
        "set/wrong/unknown with weights fitted without the person, 104 Hz; stances and thresholds are not refitted"
    )
    yield "leave_one_person_out_weights_accel", rows, "strides", method


def _by_person(strides: list[tuning_accel.Stride]) -> dict[str, list[tuning_accel.Stride]]:
    persons: dict[str, list[tuning_accel.Stride]] = {}
    for one in strides:
        persons.setdefault(person_of(one.recording), []).append(one)
    return persons


def _judged(strides: list[tuning_accel.Stride], weights: tuning_accel.Array) -> list[int]:
    known = [row for row in tuning_accel.judge(strides, weights) if row[0].truth >= 0]
    decided = [(one.truth, best) for one, best, sure in known if sure >= tuning_accel.SURE[best]]
    return [len(known), sum(truth != best for truth, best in decided), len(known) - len(decided)]

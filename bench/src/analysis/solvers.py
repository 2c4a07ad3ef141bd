"""Answers SMT-LIB scripts, one JSON string a line, with the solver of that name.

Each question has a process of its own, which is ended where the solver does not heed its limit.
"""

import json
import multiprocessing
import resource
import sys
import time


def with_z3(text, limit):
    import z3

    solver = z3.Solver()
    solver.set("timeout", int(limit * 1000))
    solver.from_string(text)
    return str(solver.check())


def with_cvc5(text, limit):
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(int(limit * 1000)))
    solver.setOption("strings-exp", "true")
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text.replace("(check-sat)\n", ""), "question")
    symbols = parser.getSymbolManager()
    while True:
        command = parser.nextCommand()
        if command.isNull():
            break
        command.invoke(solver, symbols)
    result = solver.checkSat()
    return "sat" if result.isSat() else "unsat" if result.isUnsat() else "unknown"


SOLVERS = {"z3": with_z3, "cvc5": with_cvc5}


def child(name, text, limit, pipe):
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    begun = time.perf_counter()
    try:
        word = SOLVERS[name](text, limit)
    except MemoryError:
        word = "out of memory"
    except Exception as error:
        word = f"error: {error}"
    pipe.send((word, time.perf_counter() - begun))


def ask(context, name, text, limit):
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(name, text, limit, theirs))
    begun = time.perf_counter()
    process.start()
    theirs.close()
    try:
        answer = ours.recv() if ours.poll(limit + GRACE) else ("no answer", time.perf_counter() - begun)
    except EOFError:
        answer = ("it ended", time.perf_counter() - begun)
    process.kill()
    process.join()
    return answer


def main():
    name, limit = sys.argv[1], float(sys.argv[2])
    __import__(name)
    context = multiprocessing.get_context("fork")
    for line in sys.stdin:
        word, seconds = ask(context, name, json.loads(line), limit)
        print(json.dumps({"answer": word, "seconds": seconds}), flush=True)


MEMORY = 4 << 30
GRACE = 1.0

main()

"""Answers SMT-LIB scripts, one JSON string a line, with the solver of that name."""

import json
import sys
import time


def with_z3(text, limit):
    import z3

    solver = z3.Solver()
    solver.set("timeout", limit * 1000)
    solver.from_string(text)
    return str(solver.check())


def with_cvc5(text, limit):
    import cvc5

    solver = cvc5.Solver()
    solver.setOption("tlimit-per", str(limit * 1000))
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


def main():
    name, limit = sys.argv[1], int(sys.argv[2])
    answer = {"z3": with_z3, "cvc5": with_cvc5}[name]
    for line in sys.stdin:
        text = json.loads(line)
        begun = time.perf_counter()
        word = answer(text, limit)
        print(json.dumps({"answer": word, "seconds": time.perf_counter() - begun}), flush=True)


main()

"""Asks the library that its argument names: reads sequences, a line each, and writes their
answers, a line each."""

import json
import sys

import breakers
import rates
import retries

LIBRARIES = {
    "botocore": retries.botocore,
    "botocore-adaptive": rates.botocore_adaptive,
    "pybreaker": breakers.pybreaker_answers,
    "tenacity": retries.tenacity,
    "urllib3": retries.urllib3,
}


def main():
    library = LIBRARIES[sys.argv[1]]
    for line in sys.stdin:
        print(json.dumps(library(json.loads(line))))


main()

"""`assay serve`, driven by clients that nobody here wrote, and its results read by libraries that nobody here wrote.

A flow (service_flows.py) is one script for three kinds of clients: the reference's client library (the oracles), assay under the names
evcli, cocli and pocli, and the original programs where somebody has them. What only the library can do is in service_library.py. Each
case starts a service of its own, on a free port.
"""

from exchange import REFERENCES
from service_clients import Library, Programs
from service_flows import FLOWS
from service_library import LIBRARY_CASES


def cases(bench):
    oracles = ["assay serve", *REFERENCES]
    for name, case, arguments in LIBRARY_CASES:
        yield f"service: {name}: the client library", oracles, lambda case=case, arguments=arguments: case(bench, Library(bench), *arguments)
    for name, (flow, arguments) in {name: script for _, name, *script in FLOWS}.items():
        yield f"service: {name}: the client library", oracles, lambda flow=flow, arguments=arguments: flow(bench, Library(bench), *arguments)
    names = ("evcli", "cocli", "pocli", "arc")
    for programs in ({name: bench.assay.as_program(name) for name in names}, {name: bench[name] for name in names}):
        for tool in names[:3]:
            yield from program_cases(bench, oracles, programs, tool)


def program_cases(bench, oracles, programs, tool):
    program = programs[tool]
    if program.missing and not program.name.startswith("assay"):
        yield f"service: {tool} (the original program)", [tool, *oracles], program.run
        return
    for its_tool, name, flow, arguments in FLOWS:
        if its_tool == tool:
            client = Programs(bench, tool, programs)
            yield (f"service: {name}: {client.name}", [program.name, *oracles],
                   lambda client=client, flow=flow, arguments=arguments: flow(bench, client, *arguments))

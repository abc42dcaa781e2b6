// Runs the tests of the models, and the sample for browsers, in Pyodide under Node.js:
//
//     node run.mjs PYODIDE WHEELS PROJECT
//
// PYODIDE is the file pyodide.mjs, WHEELS a folder with the wheels of the library, its dependencies and pytest.

import { pathToFileURL } from "node:url";

const [pyodide, wheels, project] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(pyodide).href);
const { VISION_ENDPOINT, VISION_KEY } = process.env;
const python = await loadPyodide({ env: { VISION_ENDPOINT, VISION_KEY } });
python.mountNodeFS("/wheels", wheels);
python.mountNodeFS("/project", project);

await python.runPythonAsync(`
import glob
import sys

sys.path[:0] = [*glob.glob("/wheels/*.whl"), "/project/tests/helpers", "/project/samples/async_samples"]
sys.dont_write_bytecode = True

import pytest
import sample_in_the_browser_async

print(sys.version)
options = "-q -c /dev/null --rootdir /project --noconftest -p no:cacheprovider".split()
# WebAssembly has no threads and no processes.
status = pytest.main([*options, "--ignore=/project/tests/models/test_threads.py", "/project/tests/models"])
assert status == 0, status
await sample_in_the_browser_async.main()
`);
process.exit(0); // asyncio.wait_for leaves its timer behind

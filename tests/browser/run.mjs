// Runs the tests of the models, and the sample for browsers, in Pyodide under Node.js:
//
//     node run.mjs PYODIDE WHEELS PROJECT
//
// PYODIDE is the file pyodide.mjs, WHEELS a folder with the wheels of the library, its dependencies and pytest. The
// environment leads to an emulator that serves https, and NODE_EXTRA_CA_CERTS to the authority to trust.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";

const [pyodide, wheels, project] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(pyodide).href);
const { VISION_ENDPOINT, VISION_KEY, IDENTITY_ENDPOINT, IDENTITY_HEADER } = process.env;

// The backend of a page: it issues tokens.
const backend = createServer(async (request, response) => {
  if (request.url !== "/token") return response.writeHead(404).end();
  const query = "?api-version=2019-08-01&resource=https://cognitiveservices.azure.com";
  const headers = { "X-IDENTITY-HEADER": IDENTITY_HEADER };
  const { access_token: token, expires_on } = await (await fetch(IDENTITY_ENDPOINT + query, { headers })).json();
  response.end(JSON.stringify({ token, expires_on: Number(expires_on) }));
});
await new Promise((resolve) => backend.listen(0, "127.0.0.1", resolve));

const python = await loadPyodide({ env: { VISION_ENDPOINT, VISION_KEY } });
python.mountNodeFS("/wheels", wheels);
python.mountNodeFS("/project", project);
python.globals.set("token_url", `http://127.0.0.1:${backend.address().port}/token`);
python.globals.set("image", new Uint8Array(readFileSync(`${project}/samples/sample.jpg`)));

const program = python.runPythonAsync(`
import glob
import os
import sys

sys.path[:0] = [*glob.glob("/wheels/*.whl"), "/project/tests/helpers", "/project/samples/async_samples"]
sys.dont_write_bytecode = True

import browser_checks
import pytest
import sample_in_the_browser_async as sample

print(sys.version)
options = "-q -c /dev/null --rootdir /project --noconftest -p no:cacheprovider".split()
# WebAssembly has no threads and no processes.
status = pytest.main([*options, "--ignore=/project/tests/models/test_threads.py", "/project/tests/models"])
assert status == 0, status
await sample.main()
await browser_checks.check_sample(sample, os.environ["VISION_ENDPOINT"], os.environ["VISION_KEY"], image.to_bytes())
await browser_checks.check_page(sample, os.environ["VISION_ENDPOINT"], token_url, image)
`);
await program.catch((error) => {
  console.error(error.message); // Node.js would print a line of Pyodide's own code, which is a megabyte long
  process.exit(1);
});
process.exit(0); // asyncio.wait_for leaves its timer behind

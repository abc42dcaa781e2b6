// Tests of the emulator from JavaScript, with Microsoft's client. VISION_ENDPOINT and VISION_KEY lead to an emulator.

const assert = require("node:assert/strict");
const { beforeEach, test } = require("node:test");

const createClient = require("@azure-rest/ai-vision-image-analysis").default;
const { AzureKeyCredential } = require("@azure/core-auth");

const { VISION_ENDPOINT: endpoint, VISION_KEY: key } = process.env;
const url = "https://example.com/cat.png";

// The client requires https, unless it is told otherwise.
const client = createClient(endpoint, new AzureKeyCredential(key), {
  allowInsecureConnection: true,
  retryOptions: { maxRetries: 0 },
});

async function control(name, data) {
  const response = await fetch(`${endpoint}/_emulator/${name}`, {
    method: data ? "POST" : "GET",
    headers: { "Ocp-Apim-Subscription-Key": key },
    body: data && JSON.stringify(data),
  });
  assert.equal(response.status, 200);
  return response.json();
}

function analyze(features) {
  return client.path("/imageanalysis:analyze").post({
    body: { url },
    queryParameters: { features },
    contentType: "application/json",
  });
}

beforeEach(() => control("reset", {}));

test("a registered result comes back", async () => {
  await control("results", { url, result: { captionResult: { text: "a cat", confidence: 0.9 } } });
  const result = await analyze(["Caption"]);
  assert.equal(result.status, "200");
  assert.equal(result.body.captionResult.text, "a cat");
  const { requests } = await control("requests");
  assert.equal(requests.length, 1);
  assert.deepEqual(requests[0].source, { caption: "registered" });
  assert.equal(requests[0].imageUrl, url);
});

test("a failure comes back as the service's error", async () => {
  await control("faults", { status: 429, retryAfter: 1, features: ["caption"] });
  assert.equal((await control("info")).pending, 1);
  const result = await analyze(["Caption"]);
  assert.equal(result.status, "429");
  assert.equal(result.headers["retry-after"], "1");
  assert.equal(result.body.error.code, "429");
});

test("a lost connection is an error", async () => {
  await control("faults", { disconnect: true });
  await assert.rejects(async () => analyze(["Tags"]));
});

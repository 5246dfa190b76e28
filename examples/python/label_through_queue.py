"""
Adds a job to Valence's queue from Python, and reads its result.

    pip install bullmq
    python label_through_queue.py redis://127.0.0.1:6379 "I love it" "Never again"

The format of a job is schemas/job.schema.json, that of a result schemas/result.schema.json.
"""

import asyncio
import json
import os
import sys
import uuid

from bullmq import Job, Queue

PREFIX = os.environ.get("VALENCE_KEY_PREFIX", "{valence}")
TIMEOUT_S = 30


async def label(redis_url, texts):
    # Bulk work belongs in the queue "valence-bulk".
    queue = Queue("valence", {"connection": redis_url, "prefix": PREFIX})
    try:
        data = {"v": 1, "texts": [{"text": text} for text in texts]}
        # With an id of your own, adding the same job again does nothing.
        options = {"jobId": uuid.uuid4().hex + "-py", "attempts": 5, "backoff": {"type": "exponential", "delay": 1000}}
        job = await queue.add("label", data, options)
        for _ in range(TIMEOUT_S * 20):
            job = await Job.fromId(queue, job.id)
            if job.finishedOn:
                break
            await asyncio.sleep(0.05)
        if job.failedReason and not job.returnvalue:
            raise SystemExit(f"job failed: {job.failedReason}")
        if not job.returnvalue:
            raise SystemExit(f"no worker finished the job within {TIMEOUT_S} s")
        result = job.returnvalue
        return json.loads(result) if isinstance(result, str) else result
    finally:
        await queue.close()


async def main():
    redis_url, *texts = sys.argv[1:]
    result = await label(redis_url, texts)
    for text, labelled in zip(texts, result["results"]):
        print(json.dumps({"text": text, **labelled}))


if __name__ == "__main__":
    asyncio.run(main())

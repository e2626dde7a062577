"""What people write today: thirty lines of FastAPI around OpenCV.

Run as `python -m tests.benchmarks.peer_service PORT`.
"""

import sys

import cv2
import numpy as np
import uvicorn
from fastapi import FastAPI, File, Form, Request, Response, UploadFile

app = FastAPI()


@app.post("/warp")
def warp(image: UploadFile = File(), homography: str = Form()) -> Response:  # noqa: B008
    matrix = np.array([float(word) for word in homography.split(",")]).reshape(3, 3)
    pixels = cv2.imdecode(np.frombuffer(image.file.read(), np.uint8), cv2.IMREAD_COLOR)
    warped = cv2.warpPerspective(pixels, matrix, (pixels.shape[1], pixels.shape[0]))
    return Response(cv2.imencode(".jpg", warped, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes(), media_type="image/jpeg")


@app.post("/raw")
async def raw(request: Request, height: int, width: int, homography: str) -> Response:
    matrix = np.array([float(word) for word in homography.split(",")]).reshape(3, 3)
    pixels = np.frombuffer(await request.body(), np.uint8).reshape(height, width, 3)
    return Response(
        cv2.warpPerspective(pixels, matrix, (width, height)).tobytes(), media_type="application/octet-stream"
    )


@app.get("/readyz")
async def ready() -> str:
    return "ok"


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False)

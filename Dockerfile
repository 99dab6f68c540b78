# The whole product in one image; what it does is the command. Not run in CI.
FROM python:3.11.14-slim-bookworm
WORKDIR /opt/seastack
COPY . .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock \
    && pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --create-home --uid 1000 seastack \
    && install -d -o seastack /var/lib/seastack
USER seastack
RUN seastack warm
ENV STATE_DIRECTORY=/var/lib/seastack OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
ENTRYPOINT ["seastack"]

// Means, extremes and worst quality of every 1m, from bucket "capture" into "capture_1m";
// a point stands at the beginning of its window.  Made by buckets.sh.
import "date"

option task = {name: "seastack-downsample-1m", every: 1m, offset: 30s}

// Whole windows only: one that is cut in two would be written twice, the second time wrong.
stop = date.truncate(t: now(), unit: 1m)
start = date.sub(d: 3m, from: stop)

// Functions, not variables: each pipeline has its own from(), and only filters and windows
// before anything else, so the storage engine does the work and no raw point is held in memory.
values = () =>
    from(bucket: "capture")
        |> range(start: start, stop: stop)
        |> filter(fn: (r) => r._measurement == "record" and r._field != "seq")
        |> filter(fn: (r) => r._field != "q" and r._field !~ /^q_/)

quality = () =>
    from(bucket: "capture")
        |> range(start: start, stop: stop)
        |> filter(fn: (r) => r._measurement == "record")
        |> filter(fn: (r) => r._field == "q" or r._field =~ /^q_/)

values()
    |> aggregateWindow(every: 1m, fn: mean, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_1m")
    |> yield(name: "mean 1m")

values()
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":lo"}))
    |> to(bucket: "capture_1m")
    |> yield(name: "lowest 1m")

values()
    |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":hi"}))
    |> to(bucket: "capture_1m")
    |> yield(name: "highest 1m")

// 0 BAD, 1 UNCERTAIN, 2 GOOD: the lowest is the worst.
quality()
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_1m")
    |> yield(name: "worst quality 1m")

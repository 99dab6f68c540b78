// Means, extremes and worst quality of every 1m, from bucket "capture" into "capture_1m";
// a point stands at the beginning of its window.
// influx task create --org fleet --file downsample-1m.flux
import "date"

option task = {name: "seastack-downsample-1m", every: 1m, offset: 30s}

// Whole windows only: one that is cut in two would be written twice, the second time wrong.
stop = date.truncate(t: now(), unit: 1m)
start = date.sub(d: 10m, from: stop)

rows =
    from(bucket: "capture")
        |> range(start: start, stop: stop)
        |> filter(fn: (r) => r._measurement == "cycle" and r._field != "seq")

values = rows |> filter(fn: (r) => r._field != "q" and r._field !~ /^q_/) |> toFloat()
quality = rows |> filter(fn: (r) => r._field == "q" or r._field =~ /^q_/)

values
    |> aggregateWindow(every: 1m, fn: mean, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_1m")
    |> yield(name: "mean 1m")

values
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":lo"}))
    |> to(bucket: "capture_1m")
    |> yield(name: "lowest 1m")

values
    |> aggregateWindow(every: 1m, fn: max, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":hi"}))
    |> to(bucket: "capture_1m")
    |> yield(name: "highest 1m")

// 0 BAD, 1 UNCERTAIN, 2 GOOD: the lowest is the worst.
quality
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_1m")
    |> yield(name: "worst quality 1m")

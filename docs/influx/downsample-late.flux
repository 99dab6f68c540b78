// The same again for the last three days: what the shipper filled in after an outage.
// One of the three days every eight hours, so each is done once a day and no run is large.
// A point written twice is one point, so a window computed again is corrected, not doubled.
// After a longer outage: ./downsample-days 30.  Made by buckets.sh.
import "date"

option task = {name: "seastack-downsample-late", every: 8h, offset: 2h}

hour = date.hour(t: now())
back = if hour < 8 then 3d else if hour < 16 then 2d else 1d

// Whole windows only: one that is cut in two would be written twice, the second time wrong.
start = date.sub(d: back, from: date.truncate(t: now(), unit: 10m))
stop = date.add(d: 1d, to: start)

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

values()
    |> aggregateWindow(every: 10m, fn: mean, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_10m")
    |> yield(name: "mean 10m")

values()
    |> aggregateWindow(every: 10m, fn: min, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":lo"}))
    |> to(bucket: "capture_10m")
    |> yield(name: "lowest 10m")

values()
    |> aggregateWindow(every: 10m, fn: max, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":hi"}))
    |> to(bucket: "capture_10m")
    |> yield(name: "highest 10m")

// 0 BAD, 1 UNCERTAIN, 2 GOOD: the lowest is the worst.
quality()
    |> aggregateWindow(every: 10m, fn: min, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_10m")
    |> yield(name: "worst quality 10m")

// The same again for the last three days, once a day: what the shipper filled in after an outage.
// A point written twice is one point, so a window computed again is corrected, not doubled.
// After a longer outage run it once by hand with more days:
//   sed s/3d/30d/ downsample-late.flux | grep -v "^option task" | influx query --org fleet --file - > /dev/null
// influx task create --org fleet --file downsample-late.flux
import "date"

option task = {name: "seastack-downsample-late", every: 1d, offset: 2h}

// Whole windows only: one that is cut in two would be written twice, the second time wrong.
stop = date.truncate(t: now(), unit: 10m)
start = date.sub(d: 3d, from: stop)

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

values
    |> aggregateWindow(every: 10m, fn: mean, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_10m")
    |> yield(name: "mean 10m")

values
    |> aggregateWindow(every: 10m, fn: min, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":lo"}))
    |> to(bucket: "capture_10m")
    |> yield(name: "lowest 10m")

values
    |> aggregateWindow(every: 10m, fn: max, createEmpty: false, timeSrc: "_start")
    |> map(fn: (r) => ({r with _field: r._field + ":hi"}))
    |> to(bucket: "capture_10m")
    |> yield(name: "highest 10m")

// 0 BAD, 1 UNCERTAIN, 2 GOOD: the lowest is the worst.
quality
    |> aggregateWindow(every: 10m, fn: min, createEmpty: false, timeSrc: "_start")
    |> to(bucket: "capture_10m")
    |> yield(name: "worst quality 10m")

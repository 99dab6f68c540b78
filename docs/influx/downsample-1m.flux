// Means, extremes and worst quality of every 1m, from bucket "capture" into bucket "capture_1m".
// influx task create --org fleet --file downsample-1m.flux
option task = {name: "seastack-downsample-1m", every: 1m, offset: 30s}

// The shipper fills in an outage later, oldest rows last: look back a day, not one interval.
// A point written twice is one point, so a window computed again is corrected, not doubled.
rows =
    from(bucket: "capture")
        |> range(start: -1d)
        |> filter(fn: (r) => r._measurement == "cycle" and r._field != "seq")

values = rows |> filter(fn: (r) => r._field != "q" and r._field !~ /^q_/)
quality = rows |> filter(fn: (r) => r._field == "q" or r._field =~ /^q_/)

values
    |> toFloat()
    |> aggregateWindow(every: 1m, fn: mean, createEmpty: false)
    |> to(bucket: "capture_1m")

values
    |> toFloat()
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false)
    |> map(fn: (r) => ({r with _field: r._field + ":lo"}))
    |> to(bucket: "capture_1m")

values
    |> toFloat()
    |> aggregateWindow(every: 1m, fn: max, createEmpty: false)
    |> map(fn: (r) => ({r with _field: r._field + ":hi"}))
    |> to(bucket: "capture_1m")

// 0 BAD, 1 UNCERTAIN, 2 GOOD: the lowest is the worst.
quality
    |> aggregateWindow(every: 1m, fn: min, createEmpty: false)
    |> to(bucket: "capture_1m")

/// Tasks that wait, and tasks that threads run, and a thread that waits for all of them.
module Stackflare.Targets.FSharpTasks.Program

open System
open System.Threading
open System.Threading.Tasks

let load (order: int) =
    task {
        do! Task.Delay Timeout.Infinite
        return order
    }

let sum (order: int) =
    task {
        let! price = load order
        return price + 1
    }

let work (order: int) (areRunning: CountdownEvent) =
    task {
        do! Task.Yield()
        areRunning.Signal() |> ignore
        Thread.Sleep Timeout.Infinite
        return order
    }

let workOuter (order: int) (areRunning: CountdownEvent) =
    task {
        let! price = work order areRunning
        return price + 1
    }

[<EntryPoint>]
let main _ =
    use areRunning = new CountdownEvent(2)

    let all =
        [| for order in 1..3 -> sum order |]
        |> Array.append [| for order in 1..2 -> workOuter order areRunning |]

    areRunning.Wait()
    let waiter = Thread((fun () -> (Task.WhenAll all).Wait()), IsBackground = true, Name = "waiter")
    waiter.Start()
    printfn "READY {\"pid\":%d,\"threads\":[]}" Environment.ProcessId
    Console.In.ReadToEnd() |> ignore
    0

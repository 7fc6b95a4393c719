namespace Stackflare.Bench.Measures;

/// <summary>What a recording is like.</summary>
/// <param name="Name">Who records.</param>
/// <param name="Rate">Samples of each thread in a second; null if the recorder does not say.</param>
/// <param name="Paused">For how much of the time the program was paused, in percent; null if the recorder does not say.</param>
/// <param name="ToolCpu">Processor time of the recorder, from its start to its exit, in percent of the recording's time.</param>
/// <param name="TargetCpu">Processor time that the program used meanwhile, in percent. By itself, it uses none.</param>
/// <param name="Bytes">The size of the file.</param>
internal sealed record RecordResult(string Name, double? Rate, double? Paused, double ToolCpu, double TargetCpu, double Bytes);

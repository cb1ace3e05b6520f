using PluginRuntime.Tests.Packages.Crashes;

// Tests run in a host of their own. Started as a program, this assembly is the child process that tests kill; on the one worker thread
// that it has.
return await Task.Run(() => args[0] == HostProgram.Mode ? HostProgram.RunAsync(args) : StoreProgram.RunAsync(args));

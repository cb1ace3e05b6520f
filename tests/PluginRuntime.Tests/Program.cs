using PluginRuntime.Tests.Packages.Crashes;
using PluginRuntime.Tests.Plugins.Files;

// Tests run in a host of their own. Started as a program, this assembly is the child process that tests kill; on the one worker thread
// that it has.
return await Task.Run(() => args[0] switch
{
    HostProgram.Mode => HostProgram.RunAsync(args),
    FilesProgram.Mode => FilesProgram.RunAsync(args),
    _ => StoreProgram.RunAsync(args),
});

using System.Reflection;
using System.Runtime.CompilerServices;

namespace PluginRuntime.Sdk;

/// <summary>
/// Compiles a handler before it is called: the first calls of a version that takes over would wait for that, all of them. Nothing of it runs.
/// </summary>
internal static class Preparation
{
    internal static void Of(Delegate handler)
    {
        var method = handler.Method;
        if (method.DeclaringType is null)
        {
            // Made at run time: it has no handle to prepare it by.
            return;
        }

        Prepare(method);

        // Of an async method that was only the first step; its body is here.
        if (method.GetCustomAttribute<AsyncStateMachineAttribute>() is { StateMachineType.ContainsGenericParameters: false } machine)
        {
            Prepare(machine.StateMachineType.GetMethod("MoveNext", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!);
        }
    }

    private static void Prepare(MethodInfo method)
    {
        RuntimeTypeHandle[] arguments =
        [
            .. (method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : []).Select(argument => argument.TypeHandle),
            .. (method.IsGenericMethod ? method.GetGenericArguments() : []).Select(argument => argument.TypeHandle),
        ];
        RuntimeHelpers.PrepareMethod(method.MethodHandle, arguments.Length == 0 ? null : arguments);
    }
}

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Which way the described JSON goes.</summary>
internal enum SchemaUse
{
    /// <summary>To the connector: inputs and settings. What is not described is an error, so that a typo is one.</summary>
    Input,

    /// <summary>From the connector.</summary>
    Output,
}
